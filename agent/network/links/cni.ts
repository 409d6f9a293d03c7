import { accessSync, constants } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentForTools } from '../../../schemas/common/environment.ts'
import { SetpointError } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { run } from '../../runtime/exec.ts'
import { within } from '../within.ts'
import { cniConf, describeNetwork, type PluginLink } from './cni-conf.ts'

export type { PluginLink } from './cni-conf.ts'

/** Links that CNI plugins make: `macvlan`, `ipvlan` and whatever stands in the folders of plugins. */
export interface Cni {
  /**
   * Makes the link in the namespace, unless it is there and the plugin finds it right.
   * @param netns the path of the namespace
   * @throws SetpointError RUNTIME_MISSING naming the plugin and its package, NETWORK_FAILED with what the plugin said
   */
  ensure(link: PluginLink, netns: string): Promise<void>
  /** Takes the link away, with all that the plugin has made for it; also one that is half there, or gone. Never fails. */
  remove(link: PluginLink, netns: string): Promise<void>
}

interface CniOptions {
  /** Put before every command; empty in production. */
  prefix: string[]
  /** What plugins answered is kept here until the host is started again: CHECK and DEL want it. */
  folder: string
  log: Log
}

/** Debian's package, and where others put them. */
const FOLDERS = ['/usr/lib/cni', '/opt/cni/bin']
const DEADLINE = 20_000
const MAX_ANSWER = 1024 * 1024

type Verb = 'ADD' | 'CHECK' | 'DEL'

interface Call {
  link: PluginLink
  netns: string
  /** What the plugin answered to ADD. */
  before?: unknown
}

/** The CNI plugins of this host; what a link is to be taken away with is kept in `folder`. */
export function createCni({ prefix, folder, log }: CniOptions): Cni {
  const fileOf = ({ id }: PluginLink): string => join(folder, `${id}.json`)

  /** Undefined when all is well, else what the plugin complains of. */
  async function call(verb: Verb, { link, netns, before }: Call): Promise<{ said?: string; answer: string }> {
    const conf = { ...cniConf(link), ...(before !== undefined && { prevResult: before }) }
    const { exitCode, stdout, stderr, timedOut } = await run(within(prefix, [pluginOf(link)]), {
      input: JSON.stringify(conf),
      timeout: DEADLINE,
      maxOutput: MAX_ANSWER,
      env: { ...environmentForTools(process.env), ...environmentOf(verb, link, netns) },
    })
    if (exitCode === 0 && !timedOut) return { answer: stdout }
    const said = timedOut
      ? 'it did not answer in time'
      : complaintIn(stdout) || stderr.trim() || 'it said nothing'
    return { said, answer: '' }
  }

  async function add(link: PluginLink, netns: string): Promise<void> {
    const { said, answer } = await call('ADD', { link, netns })
    if (said !== undefined) {
      await remove(link, netns)
      throw failed(link, said)
    }
    await mkdir(folder, { recursive: true })
    await writeFile(fileOf(link), answer)
  }

  async function isRight(link: PluginLink, netns: string): Promise<boolean> {
    const before = await answerOf(fileOf(link))
    if (before === undefined) return false
    const { said } = await call('CHECK', { link, netns, before })
    if (said !== undefined)
      log.warn({ network: link.network.name, said }, 'A link is not as its plugin made it')
    return said === undefined
  }

  /** What stands in the way is told: what is inside the namespace goes with that, and no task is kept from leaving. */
  async function remove(link: PluginLink, netns: string): Promise<void> {
    const before = await answerOf(fileOf(link))
    const missing = missingOf(link)
    if (before === undefined && missing !== undefined) return // it has never been there to make anything
    const { said } =
      missing === undefined ? await call('DEL', { link, netns, before }) : { said: `${missing} is gone` }
    if (said !== undefined)
      log.warn({ network: link.network.name, said }, 'A CNI plugin may have left something behind')
    await rm(fileOf(link), { force: true })
  }

  return {
    remove,
    async ensure(link, netns) {
      if (await isRight(link, netns)) return
      await remove(link, netns) // what a crash left of it
      await add(link, netns)
    },
  }
}

/** CNI 1.0.0, §Section 2: parameters. */
function environmentOf(verb: Verb, { id, lease }: PluginLink, netns: string): Record<string, string> {
  return {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: id,
    CNI_NETNS: netns,
    CNI_IFNAME: lease.device,
    CNI_PATH: folders().join(':'),
  }
}

function folders(): string[] {
  const own = process.env.CNI_PATH?.split(':').filter(Boolean) ?? []
  return own.length > 0 ? own : FOLDERS
}

/** @throws SetpointError RUNTIME_MISSING */
function pluginOf(link: PluginLink): string {
  const missing = missingOf(link)
  if (missing === undefined) return pathOf(link.network.driver ?? '') ?? ''
  const places = folders().join(' or ')
  const message = `Network ${link.network.name} needs the CNI plugin ${missing}, which is not in ${places}.`
  throw new SetpointError('RUNTIME_MISSING', message, {
    hint: 'Install it: `apt-get install -y containernetworking-plugins`, or name its folder in CNI_PATH of the agent.',
  })
}

/** The name of a plugin that is not there; `static` is the one that sets addresses. */
function missingOf({ network }: PluginLink): string | undefined {
  return [network.driver ?? '', 'static'].find((name) => pathOf(name) === undefined)
}

function pathOf(plugin: string): string | undefined {
  return folders()
    .map((folder) => join(folder, plugin))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function answerOf(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return undefined // there is none, or it was cut off: the link is made anew
  }
}

/** CNI 1.0.0, §Section 5: an error is told as JSON on stdout. */
function complaintIn(stdout: string): string {
  try {
    const { msg = '', details = '' } = JSON.parse(stdout) as { msg?: string; details?: string }
    return [msg, details].filter(Boolean).join(': ')
  } catch {
    return stdout.trim()
  }
}

function failed({ network }: PluginLink, said: string): SetpointError {
  return new SetpointError(
    'NETWORK_FAILED',
    `The link into ${describeNetwork(network)} could not be set up: ${said}`,
    {
      hint: 'See whether the `parent` interface under `driver_opts` is there and up on this host.',
    },
  )
}
