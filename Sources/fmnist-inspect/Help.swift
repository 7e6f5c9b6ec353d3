let help = """
  fmnist-inspect tells what is in a model.

    fmnist-inspect model.fmg                  metadata, graph, sizes, chosen kernels
    fmnist-inspect model.fmg --self-test      does this machine give the answers it must give?
    fmnist-inspect old.fmg --diff new.fmg     metadata, graph and weights that differ
    fmnist-inspect model.fmg --json           for programs (docs/tools.md lists the keys)
    fmnist-inspect model.fmg --dot | dot -Tsvg -o model.svg    a drawing of the graph

  Options
    --self-test   classify the pictures that are stored in the model and compare the answers with
                  the stored ones, on every instruction set that this machine has
    --diff FILE   compare with another model
    --dot         print the graph for Graphviz
    --json        print one JSON object
    --isa NAME    auto, baseline, v3, v4 or v4-amx: instructions to use
                  (default: auto)
    --version     print the versions of the tool and of the library
    --help        print this text

  A model is a file, or - for standard input.

  Exit status: 0 fine, 1 a file failed, a self-test failed or two models differ, 2 wrong command
  line.

  """
