/** What the table has to say of one option, and the usual forms of it. */
import { DEFAULT_LIMITS } from '../../core/limits.ts';
import { OPTION_COUNT_MAX } from '../limits.ts';
import { type Kind, whole, yesOrNo } from './option-kinds.ts';

export interface OptionSpec<Value> {
  readonly kind: Kind<Value>;
  readonly placeholder: string;
  readonly help: string;
  /** As text, read by the same parser as the user's; `null`: none. */
  readonly default: string | null;
  /** `--name` alone says yes; no value follows. */
  readonly isFlag?: true;
  readonly short?: string;
  /** May be given again; the texts are joined by commas. */
  readonly isRepeatable?: true;
  /** The environment variable that may hold what that file holds: a secret is no argument. */
  readonly orText?: string;
}

export function preset<Value>(
  kind: Kind<Value>,
  preset: string,
  placeholder: string,
  help: string,
): OptionSpec<Value> {
  return { kind, placeholder, help, default: preset };
}

export function optional<Value>(
  kind: Kind<Value>,
  placeholder: string,
  help: string,
): OptionSpec<Value | null> {
  return { kind, placeholder, help, default: null };
}

/** `--name` alone. */
export function flag(help: string): OptionSpec<boolean> {
  return { ...preset(yesOrNo, 'false', '', help), isFlag: true };
}

export function limit(name: keyof typeof DEFAULT_LIMITS, help: string): OptionSpec<number> {
  const unit = name.includes('Bytes') ? 'BYTES' : 'N';
  return preset(whole(1, OPTION_COUNT_MAX), String(DEFAULT_LIMITS[name]), unit, help);
}
