# Reads `objdump -dr` and prints, for each function, its innermost loop with the most vector
# arithmetic, or with -v whole=1 the whole function: name, then how many instructions match `operation`, how many of those use zmm and how
# many ymm registers, and how many move a vector to or from the stack. Functions that call
# something outside the kernels get a second line, "name calls symbol".

function report(   i, j, inner, found, best) {
  best = 0
  if (whole) {
    best = measure(1, count)
  } else for (i = 1; i <= count; i++) {
    if (!(i in target) || !(target[i] in index_of) || index_of[target[i]] > i) continue
    inner = 1
    for (j = index_of[target[i]]; j < i; j++)
      if (j in target && target[j] in index_of && index_of[target[j]] <= j \
          && index_of[target[j]] >= index_of[target[i]] \
          && matches(index_of[target[j]], j) > 0) inner = 0
    found = matches(index_of[target[i]], i)
    if (!inner || found <= best) continue
    best = found
    measure(index_of[target[i]], i)
  }
  if (best > 0) print name, best, zmm, ymm, spills
  delete index_of; delete target; delete text
  count = 0
}

# Sets zmm, ymm and spills; returns the number of matches.
function measure(from, to,   k) {
  zmm = ymm = spills = 0
  for (k = from; k <= to; k++) {
    if (text[k] ~ operation && text[k] ~ /%zmm/) zmm++
    if (text[k] ~ operation && text[k] ~ /%ymm/) ymm++
    if (text[k] ~ /%[xyz]mm/ && text[k] ~ /\(%r[sb]p/) spills++
  }
  return matches(from, to)
}

function matches(from, to,   k, sum) {
  sum = 0
  for (k = from; k <= to; k++) if (text[k] ~ operation) sum++
  return sum
}

/^[0-9a-f]+ <.*>:$/ {
  if (name != "") report()
  name = $2
  gsub(/^<|>:$/, "", name)
  next
}

/R_X86_64_(PLT|PC|GOTPCREL)/ {
  # Parts of Swift's runtime, one of them without a name, are in each object and not the kernels'.
  if (calling && name !~ /^(swift_|\.text\.\.L__unnamed)/) {
    symbol = $NF
    sub(/[-+]0x[0-9a-f]+$/, "", symbol)
    if (symbol !~ /Kernels/) print name, "calls", symbol
  }
  next
}

/^ *[0-9a-f]+:/ {
  count++
  address = $1
  sub(/:$/, "", address)
  sub(/^0+/, "", address)
  index_of[address] = count
  text[count] = $0
  calling = $2 ~ /^(call|jmp)/
  if ($2 ~ /^j/) {
    to = $3
    sub(/^0x/, "", to)
    target[count] = to
  }
}

END { report() }
