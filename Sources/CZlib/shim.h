/* zlib of the system. */
#include <zlib.h>
