import { type Cursor, fields } from '../cursor.ts'
import { environment, textMap } from './mappings.ts'
import { mounts } from './mounts/mounts.ts'
import { tmpfs } from './mounts/tmpfs.ts'
import { networkKeys } from './network/keys.ts'
import { ports } from './network/ports.ts'
import { dependsOn, links } from './service/dependencies.ts'
import { deploy, replicas } from './service/deploy.ts'
import { deviceKeys } from './service/devices.ts'
import { healthcheck, networkHealthcheck } from './service/health.ts'
import { platform, pullPolicy } from './service/image.ts'
import { isolationKeys } from './service/isolation.ts'
import { limitKeys } from './service/limits.ts'
import { logging } from './service/logging.ts'
import { capability, hostname, networkName, signal, user } from './service/process.ts'
import { restart } from './service/restart.ts'
import { boolean, containerPath, duration, filled, listOf, text } from './values.ts'

export type ServiceDraft = ReturnType<typeof service>

/** What Setpoint takes from a service of a resolved model, before it is checked against the rest of the stack. */
export function service(name: string, cursor: Cursor) {
  const read = fields(cursor, {
    image: filled,
    pull_policy: pullPolicy,
    platform,
    command: listOf(text),
    entrypoint: listOf(text),
    environment,
    working_dir: containerPath,
    user,
    hostname,
    container_name: networkName,
    ports,
    volumes: mounts,
    tmpfs,
    healthcheck,
    restart,
    depends_on: dependsOn,
    links,
    labels: textMap,
    stop_signal: signal,
    stop_grace_period: duration,
    read_only: boolean,
    cap_add: listOf(capability),
    cap_drop: listOf(capability),
    logging,
    ...isolationKeys,
    ...deviceKeys,
    deploy,
    scale: replicas,
    ...limitKeys,
    ...networkKeys,
    'x-setpoint': setpoint,
  })
  return { ...read, name, at: cursor }
}

/** `x-setpoint` of a service. */
function setpoint(cursor: Cursor) {
  return fields(cursor, {
    update: (inner) => fields(inner, { deadline: duration }),
    healthcheck: networkHealthcheck,
  })
}
