/**
 * The committed pictures as the page takes them in: without a style sheet of their own, which its content policy would
 * refuse, and whose colours change with the page's. One file serves light and dark.
 */

export function pagePicture(svg: string): string {
  return svg
    .replace(/<style>.*?<\/style>\n/s, '')
    .replace(/ class="raftchart-\w+"/, '')
    .replaceAll(/ style="font-size:(\d+)px"/g, ' font-size="$1"');
}
