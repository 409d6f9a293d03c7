import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { createNetworks } from '../../agent/network/create.ts'
import type { Attachment, Endpoint, Networks } from '../../agent/network/networks.ts'
import { agentPaths, type Paths } from '../../agent/paths.ts'
import type { NetworkSpec, PublishedPort } from '../../schemas/network.ts'
import type { Task } from '../../schemas/task.ts'
import { aContainer } from './builders.ts'
import { type NetnsHost, netnsHost, silent } from './netns.ts'

/** The host of the present test, and the real Networks on it. */
export let host: NetnsHost
export let paths: Paths
export let networks: Networks

/** Gives each test of the file a host of its own. */
export function useNetworkHost(): void {
  beforeEach(async () => {
    host = await netnsHost()
    paths = agentPaths(join(host.folder, 'state'), join(host.folder, 'run'))
    networks = await open()
  })
  afterEach(async () => {
    await networks.close()
    await host.close()
  })
}

/** A new agent over what the one before left; that one must be closed. */
export async function reopen(): Promise<void> {
  networks = await open()
}

export interface Running extends Attachment {
  task: Task
}

function open(): Promise<Networks> {
  return createNetworks({ paths, log: silent, prefix: host.prefix, proc: host.proc })
}

export async function run(task: Task): Promise<Running> {
  return { task, ...(await networks.attach(await journaled(task))) }
}

/** A task whose port 80 answers with its service and slot. */
export async function serving(task: Task): Promise<Running> {
  const running = await run(task)
  await serve(enter(running.netns), '80', `${task.service}.${task.slot}`)
  return running
}

export async function serveOutside(): Promise<void> {
  await serve([...host.prefix, 'ip', 'netns', 'exec', 'outside'], '80', 'outside')
}

export async function serve(prefix: string[], listen: string, text: string): Promise<void> {
  const folder = join(host.folder, 'www', text)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'index.html'), text)
  const child = host.start(
    ...prefix.slice(host.prefix.length),
    'busybox',
    'httpd',
    '-f',
    '-p',
    listen,
    '-h',
    folder,
  )
  await once(child, 'spawn')
  const at = Number(listen.split(':').at(-1)).toString(16).toUpperCase().padStart(4, '0')
  await expect
    .poll(() => host.run(...prefix.slice(host.prefix.length), 'cat', '/proc/net/tcp6', '/proc/net/tcp'))
    .toMatch(new RegExp(`:${at} \\S+ 0A`))
}

/** The agent's own note that it has the task; what has none is swept away at the start. */
export async function journaled(task: Task): Promise<Task> {
  await mkdir(paths.task(task.id), { recursive: true })
  return task
}

export function enter(netns: string | null): string[] {
  return [...host.prefix, 'ip', 'netns', 'exec', netns?.split('/').at(-1) ?? '']
}

export function inside(netns: string | null, ...argv: string[]): Promise<string> {
  return host.run(...enter(netns).slice(host.prefix.length), ...argv)
}

export function fetch(address: string | undefined, at: number): string[] {
  return ['curl', '-s', '--fail', '--connect-timeout', '0.5', `http://${address}:${at}/index.html`]
}

/** What the name server of the task says, straight. */
export async function addressOf(from: Running, name: string): Promise<string[]> {
  const said = await ask(from, name, '-type=a')
  const answer = said.split('\n\n').slice(1).join('\n')
  return [...answer.matchAll(/Address: (\S+)/g)].map((match) => match[1] ?? '')
}

/** What nslookup prints when it asks the name server of the task. */
export async function ask(from: Running, name: string, ...options: string[]): Promise<string> {
  const server = /nameserver (\S+)/.exec(await readFile(from.resolvConf, 'utf8'))?.[1] ?? ''
  return inside(from.netns, 'busybox', 'nslookup', ...options, name, server).catch((error) => error.stdout)
}

export async function nameServerPid(): Promise<string> {
  return (await host.run('find', join(paths.run, 'dns'), '-name', '*.pid', '-exec', 'cat', '{}', ';')).trim()
}

export function alive(pid: number): Promise<boolean> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    (text) => text !== '',
    () => false,
  )
}

export function namespace({ netns }: Running): string {
  return netns?.split('/').at(-1) ?? ''
}

/** The command of a name server that knows one name. */
export function resolver(name: string, address: string): string[] {
  return [
    ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts'],
    ...['--user=root', '--pid-file=', `--address=/${name}/${address}`],
  ]
}

export async function bridge(): Promise<string> {
  const links = await host.run('ip', '-br', 'link', 'show', 'type', 'bridge')
  return links.split(' ')[0] ?? ''
}

export function table(): string {
  return `setpoint-${paths.instance}`
}

/** All that networks leave on a host. */
export async function traces(): Promise<unknown> {
  return {
    links: (await host.run('ip', '-br', 'link')).split('\n').map((line) => line.split(/[ @]/)[0]),
    namespaces: await host.run('ip', 'netns', 'list'),
    rules: await host.run('nft', 'list', 'ruleset'),
    servers: await host.run('find', paths.run, '-name', '*.pid').catch(() => ''),
    files: await host.run('find', join(paths.state, 'networks'), '-type', 'f').catch(() => ''),
  }
}

export function endpoint({ task, addresses, addresses6 }: Running): Endpoint {
  return { task, addresses, addresses6 }
}

export interface TaskOptions {
  networks?: NetworkSpec[]
  ports?: PublishedPort[]
  aliases?: string[]
  container?: Partial<Task['container']>
}

export function aTask(service: string, slot: number, options: TaskOptions = {}): Task {
  const { networks = [aNetwork('shop_default')], ports = [], aliases = [], container = {} } = options
  return {
    ...{ id: `shop-${service}-${slot}`, stack: 'shop', service, slot, host: 'here' },
    ...{ revision: 'r', fingerprint: 'f', networks, volumes: [] },
    container: aContainer({
      networks: networks.map(({ name }) => ({ network: name, aliases })),
      ports,
      ...container,
    }),
  }
}

export function aNetwork(name: string, rest: Partial<NetworkSpec> = {}): NetworkSpec {
  return { name, internal: false, external: false, ...rest }
}

export function port(published: number, target: number): PublishedPort {
  return { published, target, protocol: 'tcp' }
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
