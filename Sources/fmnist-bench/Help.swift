let help = """
  fmnist-bench measures how fast this machine runs a model.

    fmnist-bench model.fmg                            latency, throughput, loading, memory
    fmnist-bench model.fmg --batch 1,64 --threads 1,2 throughput of each combination
    fmnist-bench model.fmg --profile                  also which step takes how long, and why
    fmnist-bench model.fmg --peak                     also what this machine can do at most
    fmnist-bench model.fmg --json > old.json          keep the figures ...
    fmnist-bench model.fmg --compare old.json         ... and see what has changed since
    fmnist-bench model.fmg --csv                      a table for a spreadsheet

  Latency is that of one call with one image, one thread
  unless --cores says otherwise. "hot": the call is repeated, so that
  weights stay in the cache where they fit; "cold": before each call a sweep over a large buffer
  empties the caches. docs/benchmarking.md explains each figure.

  Options
    --batch N,N,...    images in one call, for throughput (default: 1,64)
    --threads N,N,...  threads, each with a session of its own, for throughput (default: 1)
    --cores N          threads that share the work of each image, in all measurements (default: 1)
    --seconds S        time for all measurements together (default: 2); loading, cold caches and
                       --peak may take longer
    --isa NAME         auto, baseline, v3, v4 or v4-amx: instructions to use
                       (default: auto)
    --no-cold          leave out the cold caches, which take up to 1 GiB of memory
    --profile          a table of the model's steps
    --peak             multiply-adds of a core, and what it reads from each level of memory
    --compare FILE     what an earlier --json printed; a ratio above 1 is better than then
    --json             print one JSON object
    --csv              print lines of name and value
    --version          print the versions of the tool and of the library
    --help             print this text

  Exit status: 0 measured, 1 a file or the model failed, 2 wrong command line.

  """
