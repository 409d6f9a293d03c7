import type { ImageConfig } from '../../schemas/image.ts'
import { type RawConfig, readInspected } from './inspected.ts'

/** Label for what Docker's config has and buildah 1.28 cannot write: milliseconds. */
export const START_INTERVAL_LABEL = 'setpoint.healthcheck.start-interval'

/** The image's id and config from `buildah inspect --type image`. @throws SetpointError IMAGE_INVALID */
export function parseInspect(json: string): { id: string; config: ImageConfig } {
  const inspected = readInspected(json)
  const raw = inspected.Docker?.config ?? inspected.OCIv1?.config ?? {}
  return { id: inspected.FromImageID.replace(/^sha256:/, ''), config: configOf(raw) }
}

function configOf(raw: RawConfig): ImageConfig {
  const healthcheck = healthcheckOf(raw)
  return {
    ...(raw.Entrypoint?.length && { entrypoint: raw.Entrypoint }),
    ...(raw.Cmd?.length && { command: raw.Cmd }),
    ...(raw.Env?.length && { environment: Object.fromEntries(raw.Env.map(variable)) }),
    ...(raw.WorkingDir && { workingDir: raw.WorkingDir }),
    ...(raw.User && { user: raw.User }),
    ...(raw.ExposedPorts && { ports: Object.keys(raw.ExposedPorts).sort() }),
    ...(raw.Labels && { labels: raw.Labels }),
    ...(raw.StopSignal && { stopSignal: raw.StopSignal }),
    ...(raw.Volumes && Object.keys(raw.Volumes).length > 0 && { volumes: Object.keys(raw.Volumes).sort() }),
    ...(healthcheck && { healthcheck }),
  }
}

/** Docker's defaults filled in (Dockerfile reference §HEALTHCHECK); undefined when there is none or it is `NONE`. */
function healthcheckOf({ Healthcheck: raw, Shell, Labels }: RawConfig): ImageConfig['healthcheck'] {
  const [kind, ...rest] = raw?.Test ?? []
  if (!raw || kind === undefined || kind === 'NONE' || rest.length === 0) return undefined
  const shell = Shell?.length ? Shell : ['/bin/sh', '-c']
  return {
    test: kind === 'CMD-SHELL' ? [...shell, ...rest] : rest,
    interval: milliseconds(raw.Interval) || 30_000,
    timeout: milliseconds(raw.Timeout) || 30_000,
    retries: raw.Retries || 3,
    startPeriod: milliseconds(raw.StartPeriod),
    startInterval: milliseconds(raw.StartInterval) || labelled(Labels) || 5_000,
  }
}

function milliseconds(nanoseconds: number | null | undefined): number {
  return Math.round((nanoseconds ?? 0) / 1e6)
}

function labelled(labels: RawConfig['Labels']): number {
  const text = labels?.[START_INTERVAL_LABEL] ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : 0
}

function variable(text: string): [string, string] {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
