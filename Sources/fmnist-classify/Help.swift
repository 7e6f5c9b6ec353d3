let help = """
  fmnist-classify says what garment a PNG picture shows.

    fmnist-classify shirt.png               the three best classes
    fmnist-classify shirt.png boots/        several pictures; of a folder, its *.png files
    curl ... | fmnist-classify -            a picture from standard input
    fmnist-classify --show shirt.png        also draws what the model saw
    fmnist-classify --json photos/ > a.json for programs (docs/pictures.md lists the keys)

  Any PNG does: gray, color, palette, transparent, of any size up to 16384 on a side. Pictures that
  already have the model's size and are gray are taken as they are. All others are fitted as the
  data set was made: a garment on a plain background, trimmed, reduced and shown light on black.

  Options
    --fit raw|photo|auto  how to fit; raw takes only pictures of the model's size (default: auto)
    --show                draw the fitted picture
    --save-fit FILE       write the fitted picture as PNG; for one picture only
    --top K               print the K best classes (default: 3)
    --json                print one JSON array
    --model FILE          the model (default: $FMNISTRT_MODEL, else the one shipped with the tool)
    --isa NAME            auto, baseline, v3, v4 or v4-amx: instructions to use
                          (default: auto)
    --threads N           threads that share the work of a picture (default: 1)
    --version             print the versions of the tool and of the library
    --help                print this text

  Exit status: 0 all classified, 1 some picture or the model failed, 2 wrong command line.

  """
