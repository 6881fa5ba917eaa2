/** Binds the names of the call chart: each hands out one deed of the driver. */
import type { CallEffect } from '../../src/core/effect.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../../src/core/limits.ts';
import { type CallContext, type CallEvent, callMachine } from '../call.machine.ts';
import { performer } from './perform.ts';

const perform = performer<CallContext, CallEvent, CallEffect>();

const deed = <Params>(effectOf: (call: number, params: Params) => CallEffect) =>
  perform<Params>(({ call }, params) => ({ changes: {}, effects: [effectOf(call, params)] }));

export const call = callMachine.provide({
  actions: {
    judge: deed((call, { hello }) => ({ type: 'judgeHello', call, hello })),
    introduce: deed((call, { hello }) => ({ type: 'introduce', call, hello })),
    admit: deed((call, { hello, answer }) => ({ type: 'admitCall', call, hello, answer })),
    refuse: deed((call, { said }) => ({ type: 'closeCall', call, kind: 'refused', text: said })),
    hangUp: deed((call, { reason }) => ({ type: 'closeCall', call, kind: 'local', text: reason })),
    announceEnd: deed((call) => ({ type: 'callEnded', call })),
  },
  delays: { helloTimeout: HANDSHAKE_TIMEOUT_MS },
});
