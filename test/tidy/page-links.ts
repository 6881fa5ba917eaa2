/** Where the pages of the package lead: only to what is there, and what whoever installed the package has too. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const LINK = /\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g;

/** Each as "page: link"; `shipped`: names and patterns, as `files` in package.json has them. */
export function strayLinks(root: string, shipped: readonly string[]): readonly string[] {
  const isShipped = (path: string): boolean => shipped.some((pattern) => fits(path, pattern));
  const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.md') && !path.includes('node_modules') && isShipped(path),
  );
  return pages.flatMap((page) =>
    linksIn(readFileSync(join(root, page), 'utf8'))
      .map((link) => posix.join(posix.dirname(page), link).replace(/\/$/, ''))
      .filter((path) => !existsSync(join(root, path)) || !isShipped(path))
      .map((path) => `${page}: ${path}`),
  );
}

/** Within this repository, without what stands behind `#`. */
function linksIn(text: string): readonly string[] {
  return [...text.matchAll(LINK)]
    .map(([, link, attribute]) => (link ?? attribute ?? '').replace(/#.*/, ''))
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link));
}

function fits(path: string, pattern: string): boolean {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return path === pattern || path.startsWith(`${pattern}/`);
  return path.startsWith(before) && path.endsWith(after);
}
