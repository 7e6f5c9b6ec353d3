#!/usr/bin/env bash
# Checks what the compiler made of the kernels: the inner loop of each has the expected number of
# vector instructions, in registers of the right width, and moves no vector to or from the stack.
# Whether Swift unrolls a loop over a tile into registers is fragile; the results stay right when
# it does not, so only this notices.
#
# usage: Scripts/check-codegen.sh [folder of the built library]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-.build/embedded/release}
objdump=$(command -v objdump || command -v llvm-objdump)
nm=$(command -v nm || command -v llvm-nm)
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for module in KernelsV3 KernelsV4 KernelsV4AMX; do
  compgen -G "$build/$module.build/*.o" > /dev/null && continue
  echo "no objects in $build/$module.build; build first with" >&2
  echo "  swift build -c release --traits Embedded --product fmnistrt" \
    "--scratch-path .build/embedded" >&2
  exit 1
done

# loops <isa> <operation> [whole]: what inner-loops.awk says of a module, made once.
loops() {
  local module=Kernels${1^^} file=$work/$1-$2-${3:-}
  if [[ ! -e $file ]]; then
    "$objdump" -dr --no-show-raw-insn "$build/$module.build/"*.o |
      awk -v operation="$2" -v whole="${3:+1}" -f Scripts/inner-loops.awk > "$file"
  fi
  cat "$file"
}

# check <label> <isa> <function> <operation> <count> [multiple|whole]: the loop has exactly `count`
# instructions or, since the compiler may unroll short loops further, a multiple of it; or the
# function, which has no loop, has as many.
check() {
  local label=$1 isa=$2 function=$3 operation=$4 expected=$5 line found zmm ymm spills verdict=ok
  local whole=${6:-}
  [[ $whole == whole ]] || whole=
  line=$(loops "$isa" "$operation" $whole | grep -F -- "$function" | grep -v ' calls ' |
    sort -k2,2nr | head -n 1 || true)
  read -r _ found zmm ymm spills <<< "${line:-none 0 0 0 0}"
  local wide=$zmm width=zmm
  [[ $isa == v4* ]] || { wide=$ymm width=ymm; }
  if [[ ${6:-} == multiple ]]; then
    ((found > 0 && found % expected == 0)) || verdict="expected a multiple of $expected"
  else
    ((found == expected)) || verdict="expected $expected"
  fi
  ((wide == found)) || verdict="expected $width registers, $wide of $found use them"
  ((spills == 0)) || verdict="$spills vectors moved to or from the stack"
  [[ $verdict == ok ]] || failures=$((failures + 1))
  printf '%-3s %-28s %3d x %-6s %s: %s\n' "$isa" "$label" "$found" "${operation%%[*}" "$width" "$verdict"
}

# Swift writes the generic argument n of a value generic as $(n-1)_, and 0 as $_.
mangled() { if (($1 == 0)); then echo '$_'; else echo "\$$(($1 - 1))_"; fi; }

# check_tiles <isa> <pixels> <blocks> <registers>: all tiles up to that size, of blocks that take so
# many registers. One pixel needs no step, so the compiler makes one function of both; AVX-512 has one
# kind of tiles of one block.
check_tiles() {
  local isa=$1 largest=$2 blocks=$3 registers=$4 pixels block step steps name sums unrolled
  for ((block = 1; block <= blocks; block++)); do
    steps="16 0"
    if ((block < blocks)); then steps=0; fi
    for step in $steps; do
      for ((pixels = step == 16 ? 2 : 1; pixels <= largest; pixels++)); do
        name="FZ$(mangled $pixels)_$(mangled $block)$(mangled $step)T"
        sums=$((pixels * block * registers))
        unrolled=multiple
        ((sums < 12)) || unrolled=
        check "conv ${pixels}x$block, step ${step/#0/any}" "$isa" "$name" "$fma" $sums $unrolled
      done
    done
  done
}

# check_byte_tiles <isa> <operation> <blocks> <instructions> <rows>x<columns>...: tiles of bytes, of
# which a pixel of a block takes so many instructions for each group.
check_byte_tiles() {
  local isa=$1 operation=$2 blocks=$3 instructions=$4 tile block name sums unrolled
  shift 4
  for ((block = 1; block <= blocks; block++)); do
    for tile in "$@"; do
      name="FZ$(mangled "${tile%x*}")_$(mangled "${tile#*x}")$(mangled $block)T"
      sums=$((${tile%x*} * ${tile#*x} * block * instructions))
      unrolled=multiple
      ((sums < 12)) || unrolled=
      check "byte conv ${tile}x$block" "$isa" "$name" "$operation" $sums $unrolled
    done
  done
}

fma='vfmadd[0-9]+ps'
check_tiles v3 6 1 2
check_tiles v4 14 2 1
# dense_tile ISA PIXELS CHAINS REGISTERS: with weights of both kinds.
dense_tile() {
  local name="FZ$(mangled "$2")_$(mangled "$3")"
  check "dense, $2 images" "$1" "${name}SfT" "$fma" $(($2 * $3 * $4))
  check "dense, $2 images, 16-bit" "$1" "${name}s6UInt16V" "$fma" $(($2 * $3 * $4))
}
dense_tile v3 1 4 2
for images in 1 2 3; do dense_tile v4 $images 8 1; done
check 'dense, bytes' v3 u8_dense__v3 vpmaddwd 16
check 'dense, bytes' v4 u8_dense__v4 vpdpbusd 8
check 'depthwise, bytes' v3 u8_depthwise__v3 vpmaddwd 2 multiple
check 'depthwise, bytes' v4 u8_depthwise__v4 vpdpwssd 1 multiple
for rows in 1 2 3 4 5; do
  check "dense rows, $rows" v3 "FZ$(mangled $rows)_$(mangled 1)T" "$fma" $((2 * rows)) multiple
  check "dense rows, $rows" v4 "FZ$(mangled $rows)_$(mangled 2)T" "$fma" $((2 * rows)) multiple
done
check depthwise v3 DepthwiseV4tile "$fma" 8 multiple
check depthwise v4 DepthwiseV4tile "$fma" 7 multiple
for isa in v3 v4; do
  registers=$([[ $isa == v3 ]] && echo 2 || echo 1)
  check 'winograd input' $isa 14transformInput33 'vfn?madd[0-9]+ps' $((6 * registers)) whole
  check 'winograd output' $isa 15transformOutput "$fma" $((3 * registers)) whole
  check 'winograd epilogue' $isa 6finish "$fma" $registers multiple
  check im2col $isa f32_im2col__$isa 'vmovu?a?ps.*,.*\(' $registers multiple
  check max_pool $isa f32_max_pool__$isa vmaxps $registers multiple
  check sum_pool $isa f32_sum_pool__$isa vaddps $registers multiple
  check map $isa f32_map__$isa vmulps $registers multiple
  check 'binary: add' $isa f32_binary__$isa vaddps $registers multiple
  check 'binary: multiply' $isa f32_binary__$isa vmulps $registers multiple
  check 'binary: maximum' $isa f32_binary__$isa vmaxps $registers multiple
  check from_bytes $isa f32_from_bytes__$isa vmulps $registers multiple
  check 'epilogue of bytes' $isa 5storeyySPySo11fmk_u8_conv vcvtdq2ps $registers multiple
  check exp $isa f32_exp__$isa "$fma" $((8 * registers)) multiple
done
# check_products <label> <function> <operation> <count>: products of tiles in the loop.
check_products() {
  local label=$1 function=$2 operation=$3 expected=$4 line found verdict=ok
  line=$(loops v4amx "$operation" | grep -F -- "$function" | grep -v ' calls ' | head -n 1 || true)
  read -r _ found _ <<< "${line:-none 0}"
  ((found == expected)) || verdict="expected $expected"
  [[ $verdict == ok ]] || failures=$((failures + 1))
  printf '%-3s %-28s %3d x %-6s %s\n' amx "$label" "$found" "$operation" "$verdict"
}

check_products 'matrix conv, two blocks' multiplyPair tdpbf16ps 12
check_products 'matrix conv, one block' multiplyOne tdpbf16ps 6
check_products 'u8 conv, two blocks' multiplyPair tdpbusd 4
check_products 'u8 conv, one block' multiplyOne tdpbusd 2
check 'split, 32 channels' v4amx f32_split__v4amx vcvtne2ps2bf16 2
check 'matrix conv, epilogue' v4amx 6finish "$fma" 1 multiple

# As many sums as a vector has lanes, each in a register.
for isa in v3 v4; do
  sums=$([[ $isa == v3 ]] && echo 8 || echo 16)
  for tile in Square Long; do
    check "${tile,} tile of L1 distances" $isa ${tile}TileO3run vpsadbw $sums
    check "${tile,} tile of L2 distances" $isa ${tile}TileO3run 'vpmaddwd|vpdpwssd' $sums
  done
done

# A function of the standard library compiled into a kernel module is a weak symbol, of which the
# linker keeps the first module's: one with other instructions or another calling convention. And
# kernels allocate nothing. libc's memset is as good as a loop, and the module for matrix units
# leaves what is too small for them to that for AVX-512.
for isa in v3 v4 v4amx; do
  verdict=ok
  if outside=$(loops $isa "$fma" | grep ' calls ' | grep -vE ' (__stack_chk_fail|memset|u8_conv__v4)$'); then
    verdict="$(head -n 1 <<< "$outside")"
  elif weak=$("$nm" "$build/Kernels${isa^^}.build/"*.o 2> /dev/null | grep ' W \$' |
    grep -v Kernels); then
    verdict="weak symbol $(head -n 1 <<< "$weak" | awk '{ print $NF }')"
  fi
  [[ $verdict == ok ]] || failures=$((failures + 1))
  printf '%-3s %-28s %s\n' $isa 'calls nothing outside' "$verdict"
done

((failures == 0)) || { echo "$failures checks of the generated code failed" >&2; exit 1; }
