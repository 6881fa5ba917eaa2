/** The manual page: all that there is stands in it as it is, and groff takes it without a warning, where it is installed. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { EXIT_MEANINGS } from '../../src/cli/failures/exit-codes.ts';
import { manualPage } from '../../src/cli/manual/manual-page.ts';
import { plain } from '../../src/cli/manual/roff.ts';
import { environmentName, OPTIONS } from '../../src/cli/options/option-table.ts';
import { COMMANDS } from '../../src/cli/run-cli.ts';

const page = manualPage(COMMANDS, '1.2.3-beta');
const hasGroff = spawnSync('groff', ['--version']).status === 0;

function typeset(source: string): { readonly shown: string; readonly warnings: string } {
  const argv = ['-man', '-Tutf8', '-ww', '-P-cbou'];
  const { stdout, stderr } = spawnSync('groff', argv, { input: source, encoding: 'utf8' });
  return { shown: stdout.replaceAll(/\s+/g, ' '), warnings: stderr };
}

describe('the manual page', () => {
  it('[CL44] has every command, option, variable and exit code, each option once', () => {
    for (const { name, summary, options } of COMMANDS) {
      expect(page).toContain(`.SS \\fBraftchart\\fR \\fB${plain(name)}\\fR`);
      expect(page).toContain(`\n${plain(summary)}\n`);
      for (const option of options) {
        const heads = page.split('\n.TP\n').filter((part) => {
          const [head = ''] = part.split('\n');
          return head.includes(`\\fB${plain(`--${option}`)}\\fR`);
        });
        expect(heads, option).toHaveLength(1);
        expect(page).toContain(plain(environmentName(option)));
        expect(page).toContain(plain(OPTIONS[option].help));
      }
    }
    for (const meaning of Object.values(EXIT_MEANINGS)) expect(page).toContain(plain(meaning));
  });

  it('[CL44] takes no text for a request of the typesetter', () => {
    expect(plain('.br')).toBe('\\&.br');
    expect(plain("'br \\n(yr --x")).toBe('\\(aqbr \\en(yr \\-\\-x');
    expect(plain('…🎉')).toBe('\\[u2026]\\[u1F389]');
    expect(page).toMatch(/^[\n -~]*$/);
  });

  // Not every system has groff; what it would warn of does not depend on the system.
  it.skipIf(!hasGroff)('[CL44] is typeset without a warning, word for word', () => {
    const { shown, warnings } = typeset(page);
    expect(warnings).toBe('');
    expect(shown).toContain('raftchart 1.2.3-beta');
    for (const { name, usage, summary } of COMMANDS) {
      expect(shown).toContain(`raftchart ${name} ${usage}`.trim());
      expect(shown).toContain(summary);
    }
    expect(shown).toContain("raftchart watch --prefix config/ -- sh -c 'echo $WATCH_KEY'");
    expect(typeset('.TH A 1\n.nonsense').warnings).toContain('nonsense');
  });
});
