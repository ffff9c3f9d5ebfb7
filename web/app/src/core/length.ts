/** How long a post is as the server counts: what people see, an address always the same, of a handle only the name. */
const ADDRESS = /https?:\/\/[^\s<>"]+/g;
const HANDLE = /(^|[^\w/])@(\w+)@[\w.-]+\w/g;
const segments = "Segmenter" in Intl ? new Intl.Segmenter() : null;

export function lengthOf(text: string, warning: string, perAddress: number): number {
  const counted = text.replace(ADDRESS, "x".repeat(perAddress)).replace(HANDLE, "$1@$2");
  return graphemes(counted) + graphemes(warning);
}

function graphemes(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  if (!segments) return [...text].length;
  let count = 0;
  for (const _segment of segments.segment(text)) count++;
  return count;
}
