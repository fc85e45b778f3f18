/** Means of ratios. */

export const geomean = (ratios) =>
  Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);

/** Without the twentieth that is smallest and the twentieth that is largest, so that no few carry a mean. */
export function middleOf(ratios) {
  const cut = Math.floor(ratios.length / 20);
  return [...ratios].sort((a, b) => a - b).slice(cut, ratios.length - cut);
}
