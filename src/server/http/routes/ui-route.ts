/**
 * `GET /ui/`: the live page of this node and of the members that it knows to show themselves, read-only (SV17). What
 * the page shows comes from `/inspect`; it can ask nobody else.
 */
import { RaftError } from '../../../core/errors.ts';
import type { Account } from '../../admission/account.ts';
import { nothingHere } from '../../errors.ts';
import { PAGE_STREAMS_MAX } from '../../limits.ts';
import { PAGE_HEADERS, pageFiles } from '../../page/page-files.ts';
import type { PageSetup } from '../../page/page-setup.ts';
import type { Inspection, ServerContext } from '../../server-context.ts';
import { bodyAnswer, jsonAnswer } from '../http-answer.ts';

type UiContext = Pick<ServerContext, 'replica' | 'inspection'>;

/** The page's own addresses begin behind the slash. */
export async function getUi({ inspection }: UiContext): Promise<Response> {
  if (inspection?.hasPage !== true) throw noPage();
  return new Response(null, { status: 308, headers: { location: '/ui/' } });
}

export async function getUiFile(
  { inspection, replica }: UiContext,
  request: Request,
  account: Account,
): Promise<Response> {
  if (inspection?.hasPage !== true) throw noPage();
  const path = new URL(request.url).pathname.slice('/ui/'.length);
  if (path === 'setup.json') {
    return jsonAnswer(account, JSON.stringify(setupOf(replica, inspection)), PAGE_HEADERS);
  }
  const file = (await pageFiles()).get(path);
  if (file === undefined) throw nothingHere();
  return bodyAnswer(account, file.bytes, { ...PAGE_HEADERS, 'content-type': file.type });
}

/** Bound: a browser keeps few connections to one server. */
function setupOf(replica: UiContext['replica'], { peers }: Inspection): PageSetup {
  const { voters, learners } = replica.status().members;
  const shown = [...peers.keys()].filter((id) => id !== replica.id);
  const others = shown.slice(0, PAGE_STREAMS_MAX - 1);
  return {
    mode: 'serve',
    nodes: [...new Set([...voters, ...learners, replica.id, ...shown])],
    streams: [
      { url: '../inspect', node: replica.id },
      ...others.map((id) => ({ url: `../inspect?node=${encodeURIComponent(id)}`, node: id })),
    ],
  };
}

function noPage(): RaftError {
  const text = 'This node serves no page: start it with --ui, or see the one of raftchart demo.';
  return new RaftError('RAFT_NOT_FOUND', text);
}
