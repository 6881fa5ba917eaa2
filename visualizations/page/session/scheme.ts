/** Light or dark: as the system has it, until somebody chooses. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';

export type SchemeChoice = 'system' | 'light' | 'dark';

const KEPT_AS = 'raftchart-scheme';
const wantsDark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(wantsDark.matches);
wantsDark.addEventListener('change', ({ matches }) => {
  systemIsDark.value = matches;
});

export const schemeChoice: Signal<SchemeChoice> = signal(keptChoice());
const scheme: ReadonlySignal<'light' | 'dark'> = computed(() => {
  if (schemeChoice.value !== 'system') return schemeChoice.value;
  return systemIsDark.value ? 'dark' : 'light';
});
scheme.subscribe((value) => {
  document.documentElement.dataset.scheme = value;
});

export function chooseScheme(choice: SchemeChoice): void {
  schemeChoice.value = choice;
  localStorage.setItem(KEPT_AS, choice);
}

function keptChoice(): SchemeChoice {
  const kept = localStorage.getItem(KEPT_AS);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}
