/* The header stands alone, in C99 and in C++. */
#include "fmnistrt.h"

int main(void) { return fmnist_abi_version() == FMNIST_ABI_VERSION ? 0 : 1; }
