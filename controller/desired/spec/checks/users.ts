import { OWN_USERS } from '../../../../schemas/isolation.ts'
import { fail, within } from '../../cursor.ts'
import { devicesOf } from '../service/devices.ts'
import type { ServiceDraft } from '../service.ts'

const JOINED = ['network_mode', 'pid', 'ipc'] as const
const OF_HOST = ['network_mode', 'pid', 'ipc', 'uts', 'cgroup'] as const

/** What a service with users of its own cannot have: whatever belongs to the users of the host, or to those of another. */
export function checkUsers(service: ServiceDraft): void {
  const { at, userns_mode: mode, privileged } = service
  if (mode !== 'auto') return
  const place = within(at, 'userns_mode')
  for (const key of OF_HOST) {
    if (service[key] === 'host')
      fail(place, `${key}: host needs the users of the host; remove one of the two`)
  }
  for (const key of JOINED) {
    const value = service[key]
    if (typeof value !== 'object') continue
    fail(place, `${key}: service:${value.service} leads to a task with other users; remove one of the two`)
  }
  if (privileged) fail(place, 'privileged needs the users of the host; remove one of the two')
  if (devicesOf(service)) fail(place, 'devices belong to users of the host; remove one of the two')
  for (const { mount, at: where } of service.volumes ?? []) {
    if (mount.propagation === undefined || mount.propagation === 'private') continue
    fail(
      where,
      `is tied to the mounts of the host (${mount.propagation}), which userns_mode: auto cuts; remove one of the two`,
    )
  }
  checkUser(service)
}

function checkUser({ at, user = '' }: ServiceDraft): void {
  const missing = user.split(':').find((part) => /^\d+$/.test(part) && Number(part) >= OWN_USERS)
  if (missing === undefined) return
  fail(
    within(at, 'user'),
    `with userns_mode: auto there are the users 0 to ${OWN_USERS - 1}, and ${missing} is none`,
  )
}
