import { type ExecFileException, execFile } from 'node:child_process'
import { environmentForTools } from '../../schemas/common/environment.ts'

export interface SkopeoCall {
  /** A full reference. */
  reference: string
  authFile: string | undefined
  /** Milliseconds until it is ended. */
  deadline: number
  signal: AbortSignal
}

/** containers/image itself takes no manifest that is larger. */
const MAX_MANIFEST = 4 * 1024 * 1024
/** What skopeo gets to say that it is late before it is killed. */
const LAST_WORDS = 1_000

/** skopeo did not do what it was asked. */
export class SkopeoFailure extends Error {
  /** What it wrote. May carry credentials: never shown without `withoutSecrets`. */
  readonly stderr: string

  constructor(stderr: string) {
    super('skopeo failed')
    this.name = 'SkopeoFailure'
    this.stderr = stderr
  }
}

/**
 * The manifest, or manifest list, that a reference stands for now, as the registry has it. skopeo reads the same
 * registries.conf, certificates and credentials as buildah does on the hosts. The only place that starts skopeo.
 * @throws SkopeoFailure
 */
export function rawManifest({ reference, authFile, deadline, signal }: SkopeoCall): Promise<Buffer> {
  const options = {
    encoding: 'buffer',
    shell: false,
    signal,
    killSignal: 'SIGKILL',
    timeout: deadline + LAST_WORDS,
    maxBuffer: MAX_MANIFEST,
    env: environmentForTools(process.env),
  } as const
  return new Promise((resolve, reject) => {
    const args = inspectArgs({ reference, authFile, deadline }, process.env)
    execFile('skopeo', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new SkopeoFailure(reasonOf(error, stderr.toString('utf8'), deadline)))
    })
  })
}

/** The arguments of skopeo for a look at a manifest. */
export function inspectArgs(
  { reference, authFile, deadline }: Omit<SkopeoCall, 'signal'>,
  env: NodeJS.ProcessEnv = {},
): string[] {
  return [
    ...['--command-timeout', `${deadline}ms`],
    // What buildah reads of the environment, skopeo 1.9 has to be told.
    ...(env.CONTAINERS_REGISTRIES_CONF ? ['--registries-conf', env.CONTAINERS_REGISTRIES_CONF] : []),
    ...['inspect', '--raw'],
    ...(authFile === undefined ? [] : ['--authfile', authFile]),
    `docker://${reference}`,
  ]
}

function reasonOf(error: ExecFileException, stderr: string, deadline: number): string {
  if (error.code === 'ENOENT') return 'skopeo is not installed beside the controller'
  if (error.killed || stderr.includes('context deadline exceeded'))
    return `no answer within ${deadline / 1000} s`
  return stderr
}
