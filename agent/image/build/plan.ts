import type { ImageConfig, ImageSpec } from '../../../schemas/image.ts'
import { START_INTERVAL_LABEL } from '../config.ts'

/** The label that says which image spec an image was built from. */
const NAME_LABEL = 'setpoint.image'

/** One step of a build. `words` are for people; `args` are buildah's, the working container's name in them. */
export type Step =
  | { kind: 'buildah'; words: string; args: string[] }
  | { kind: 'packages'; words: string; packages: string[] }
  | { kind: 'files'; words: string; files: ImageSpec['files'] }

/** The steps that make the image of a spec, in order, after its base is there. */
export function planBuild(spec: ImageSpec, container: string, reference: string): Step[] {
  const base = ['from', '--format', 'docker', '--pull-never', '--name', container, spec.base]
  return [
    { kind: 'buildah', words: `base ${spec.base}`, args: base },
    ...(spec.packages.length > 0 ? [packagesStep(spec)] : []),
    ...(spec.files.length > 0 ? [filesStep(spec)] : []),
    ...spec.run.map((argv, index) => runStep(argv, index, container)),
    { kind: 'buildah', words: 'config', args: ['config', ...configFlags(spec), container] },
    {
      kind: 'buildah',
      words: `commit ${reference}`,
      // Docker's format has the healthcheck; the fixed time makes equal inputs equal layers.
      args: ['commit', '--quiet', '--format', 'docker', '--timestamp', '0', '--rm', container, reference],
    },
  ]
}

/** The flags of `buildah config` for a spec. */
export function configFlags({ name, config }: ImageSpec): string[] {
  const { entrypoint, command, environment = {}, workingDir, user, ports = [], labels = {} } = config
  return [
    ...(entrypoint ? ['--entrypoint', JSON.stringify(entrypoint)] : []),
    ...(command ? ['--cmd', JSON.stringify(command)] : []),
    ...Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${literal(value)}`]),
    ...(workingDir === undefined ? [] : ['--workingdir', workingDir]),
    ...(user === undefined ? [] : ['--user', user]),
    ...ports.flatMap((port) => ['--port', port]),
    ...Object.entries({ ...labels, [NAME_LABEL]: name }).flatMap(([key, value]) => [
      '--label',
      `${key}=${value}`,
    ]),
    ...(config.stopSignal === undefined ? [] : ['--stop-signal', config.stopSignal]),
    ...(config.healthcheck ? healthcheckFlags(config.healthcheck) : []),
  ]
}

function healthcheckFlags(check: NonNullable<ImageConfig['healthcheck']>): string[] {
  return [
    ...['--healthcheck', ['CMD', ...check.test.map(quoted)].join(' ')],
    ...['--healthcheck-interval', `${check.interval}ms`],
    ...['--healthcheck-timeout', `${check.timeout}ms`],
    ...['--healthcheck-retries', String(check.retries)],
    ...['--healthcheck-start-period', `${check.startPeriod}ms`],
    ...['--label', `${START_INTERVAL_LABEL}=${check.startInterval}`],
  ]
}

/** buildah expands `$` in values; `$$` stands for one. */
function literal(value: string): string {
  return value.replaceAll('$', '$$$$')
}

/** buildah splits a healthcheck into words as a shell would; in single quotes nothing is special but their end. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function packagesStep({ packages }: ImageSpec): Step {
  return { kind: 'packages', words: `packages ${packages.join(' ')}`, packages }
}

function filesStep({ files }: ImageSpec): Step {
  return { kind: 'files', words: 'files', files }
}

function runStep(argv: string[], index: number, container: string): Step {
  return {
    kind: 'buildah',
    words: `run[${index}]: ${argv.join(' ')}`,
    // chroot: works where cgroups are such that an OCI runtime would refuse.
    args: ['run', '--isolation', 'chroot', container, '--', ...argv],
  }
}
