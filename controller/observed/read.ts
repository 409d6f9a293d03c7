import { Report, Snapshot } from '../../schemas/report.ts'
import { type Checked, reader } from '../../schemas/validate.ts'
import { HOST_NAME, MAX_REPORT_BYTES, MAX_SNAPSHOT_BYTES } from '../../schemas/wire.ts'

/** More hosts than this are not followed. */
export const MAX_HOSTS = 5_000

const checkReport = reader(Report)
const checkSnapshot = reader(Snapshot)

/** An entry of the report stream. No host speaks for the tasks of another. */
export function readReport(text: string | undefined): Checked<Report> {
  const report = parsed(text, MAX_REPORT_BYTES, checkReport)
  if (!report.ok) return report
  const { value } = report
  return problem(value.host, value.kind === 'delta' ? value.tasks : []) ?? report
}

/** The snapshot that stands under `host`. */
export function readSnapshot(host: string, text: string): Checked<Snapshot> {
  const snapshot = parsed(text, MAX_SNAPSHOT_BYTES, checkSnapshot)
  if (!snapshot.ok) return snapshot
  const { host: info, tasks } = snapshot.value
  return info.name === host ? (problem(host, tasks) ?? snapshot) : bad(`it is a snapshot of ${info.name}`)
}

function parsed<T>(text: string | undefined, cap: number, check: (value: unknown) => Checked<T>): Checked<T> {
  if (text === undefined) return bad('it has no field `report`')
  if (Buffer.byteLength(text) > cap) return bad(`it is larger than ${cap} bytes`)
  try {
    return check(JSON.parse(text))
  } catch {
    return bad('it is no JSON')
  }
}

function problem(host: string, tasks: { id: string; host: string }[]): Checked<never> | undefined {
  if (!HOST_NAME.test(host)) return bad('its host has no valid name')
  const foreign = tasks.find((task) => task.host !== host)
  return foreign && bad(`${host} speaks of task ${foreign.id}, which is on ${foreign.host}`)
}

function bad(message: string): Checked<never> {
  return { ok: false, message }
}
