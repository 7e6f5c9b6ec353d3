let help = """
  fmnist-eval measures how good a model is on images whose classes are known.

    fmnist-eval model.fmg                       on the test set of Fashion-MNIST
    fmnist-eval model.fmg --split train         on its training set
    fmnist-eval model.fmg --data images.csv.gz  on images of your own
    fmnist-eval model.fmg --json > report.json  for programs (docs/tools.md lists the keys)

  It prints accuracy, loss, precision, recall and F1 of each class, the confusion matrix, how far the
  model's confidence can be trusted, and images a second.

  Data is a folder or a tar archive with the IDX files of the data set (t10k-images-idx3-ubyte and
  so on) or a CSV file, or such a CSV file itself (- for standard input). A line of it is a label and
  the pixels of a gray image, 0 to 255; a first line that begins with a letter is skipped. All files
  may be compressed by gzip.

  Options
    --data PATH         the data (default: /usr/share/datasets/fashion-mnist, from Debian's package
                        dataset-fashion-mnist)
    --split test|train  which of the files in a folder or archive (default: test)
    --threads N         threads, each with images of its own (default: one for each core, up to 64)
    --bins N            bins of confidence for the calibration error (default: 15)
    --isa NAME          auto, baseline, v3, v4 or v4-amx: instructions to use
                        (default: auto)
    --json              print one JSON object
    --version           print the versions of the tool and of the library
    --help              print this text

  Exit status: 0 measured, 1 a file or the model failed, 2 wrong command line.

  """
