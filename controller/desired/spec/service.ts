import type { Lookup } from '../compose/template.ts'
import { type Cursor, fields } from '../cursor.ts'
import { attachments, dependsOn, links } from './attachments.ts'
import { argv } from './command.ts'
import { cpus, deploy, pids, replicas } from './deploy.ts'
import { healthcheck } from './health.ts'
import { environment, labels } from './mappings.ts'
import { mounts, tmpfs } from './mounts.ts'
import { ports } from './ports.ts'
import { capability, hostname, networkName, pullPolicy, securityOption, signal, user } from './process.ts'
import { restart } from './restart.ts'
import { boolean, containerPath, duration, filled, listOf, size } from './values.ts'

export type ServiceDraft = ReturnType<typeof service>

/** A service with each key in its canonical form, before it is checked against the rest of the stack. */
export function service(name: string, cursor: Cursor, lookup: Lookup) {
  const read = fields(cursor, 'service', {
    image: filled,
    pull_policy: pullPolicy,
    command: argv,
    entrypoint: argv,
    environment: environment(lookup),
    working_dir: containerPath,
    user,
    hostname,
    container_name: networkName,
    ports,
    networks: attachments,
    volumes: mounts,
    tmpfs,
    healthcheck,
    restart,
    depends_on: dependsOn,
    links,
    labels,
    stop_signal: signal,
    stop_grace_period: duration,
    read_only: boolean,
    cap_add: listOf(capability),
    cap_drop: listOf(capability),
    security_opt: listOf(securityOption),
    deploy,
    scale: replicas,
    mem_limit: size,
    mem_reservation: size,
    cpus,
    pids_limit: pids,
    'x-setpoint': (inner) =>
      fields(inner, 'serviceSetpoint', {
        update: (update) => fields(update, 'serviceUpdate', { deadline: duration }),
      }),
  })
  return { ...read, name, at: cursor }
}
