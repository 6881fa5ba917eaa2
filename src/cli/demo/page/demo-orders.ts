/** What whoever has the link may want of a demo, proven to be that, and in words what became of it. */
import { fieldsIn } from '../../asking/json-fields.ts';

const FAULTS = ['kill', 'stop', 'continue', 'restart'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Obeyed {
  readonly isDone: boolean;
  /** A sentence for a person. */
  readonly message: string;
}

export interface Orders {
  fault(node: string, fault: Fault): Promise<Obeyed>;
  write(node: string, key: string, value: string): Promise<Obeyed>;
}

/** `null`: it is none. */
export function demoOrder(path: string, body: string, orders: Orders): Promise<Obeyed> | null {
  const { node, fault, key, value } = fieldsIn(body) ?? {};
  if (typeof node !== 'string') return null;
  const known = FAULTS.find((each) => each === fault);
  if (path === 'faults' && known !== undefined) return orders.fault(node, known);
  if (path !== 'writes' || typeof key !== 'string' || typeof value !== 'string') return null;
  return key === '' ? null : orders.write(node, key, value);
}
