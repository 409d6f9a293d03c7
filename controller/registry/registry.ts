import { createHash } from 'node:crypto'
import { access } from 'node:fs/promises'
import { createLimit } from '../../schemas/common/limit.ts'
import { messageOf } from '../../schemas/error.ts'
import { classify, registryOf, withoutSecrets } from '../../schemas/registry.ts'
import { rawManifest, SkopeoFailure } from './skopeo.ts'

/** What a registry says of a reference: what it stands for, or in a few words why that is not known. */
export type Look = { digest: string } | { problem: string }

/** The registries, as the controller sees them. */
export interface Registry {
  /** What the reference stands for now. Never rejects. */
  look(reference: string): Promise<Look>
  /** Ends what is under way. */
  close(): void
}

export interface RegistryOptions {
  /** Credentials, as `skopeo login` writes them; need not be there. Read for each look. */
  authFile: string
  now: () => Date
  /** Milliseconds until a registry must have answered. */
  deadline?: number
}

const AT_ONCE = 4
/** Milliseconds until a registry must have answered, unless told otherwise. */
const DEADLINE = 10_000
/** Milliseconds for which a registry that did not answer is not asked again: a commit with many images waits once. */
const PAUSE = 30_000

/** Registries by skopeo, a few looks at a time. */
export function createRegistry({ authFile, now, deadline = DEADLINE }: RegistryOptions): Registry {
  const inTurn = createLimit(AT_ONCE)
  const closing = new AbortController()
  const silent = new Map<string, { until: number; problem: string }>()

  async function ask(reference: string): Promise<Look> {
    const registry = registryOf(reference)
    const known = silent.get(registry)
    if (known && known.until > now().getTime()) return { problem: known.problem }
    silent.delete(registry)
    try {
      return digestOf(await manifestOf(reference))
    } catch (error) {
      const said = error instanceof SkopeoFailure ? error.stderr : messageOf(error)
      const problem = withoutSecrets(lastWords(said))
      if (classify(said) === 'trouble') silent.set(registry, { until: now().getTime() + PAUSE, problem })
      return { problem }
    }
  }

  async function manifestOf(reference: string): Promise<Buffer> {
    const isThere = await access(authFile).then(
      () => true,
      () => false, // skopeo then takes what it finds where `docker login` puts credentials
    )
    return rawManifest({
      reference,
      authFile: isThere ? authFile : undefined,
      deadline,
      signal: closing.signal,
    })
  }

  return {
    look: (reference) => inTurn(() => ask(reference)),
    close: () => closing.abort(),
  }
}

/** The digest of a manifest is that of its bytes (distribution-spec, §Pulling manifests). */
export function digestOf(manifest: Buffer): Look {
  try {
    if (JSON.parse(manifest.toString('utf8')).schemaVersion === 1) {
      return { problem: 'its manifest is of the old schema 1, which has signatures in it' }
    }
  } catch {
    return { problem: 'its registry answered with something that is no manifest' }
  }
  return { digest: `sha256:${createHash('sha256').update(manifest).digest('hex')}` }
}

/** What skopeo said last, out of its log line. */
export function lastWords(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? ''
  const [, quoted] = /msg="((?:[^"\\]|\\.)*)"/.exec(line) ?? []
  const said = quoted === undefined ? line : quoted.replaceAll('\\"', '"')
  const plain = said
    .replace(/^Error parsing image name "[^"]*": /, '')
    .replace(/^pinging container registry [^ ]+: Get "[^"]*": /, '')
  return plain.slice(0, 300) || 'it said nothing'
}
