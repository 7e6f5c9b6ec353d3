/// Scales a gray image so that its brightest pixel is 255, at most sixfold.
///
/// The paper does not tell of it, but the brightest pixel of every image of the data set is 254
/// or 255, also on garments of little contrast.
func stretch(_ image: UnsafeMutablePointer<UInt8>, count: Int) {
  var brightest = 0
  for i in 0..<count { brightest = max(brightest, Int(image[i])) }
  guard brightest > 0 else { return }
  let divisor = max(brightest, 43)
  for i in 0..<count { image[i] = UInt8((Int(image[i]) * 255 + divisor / 2) / divisor) }
}
