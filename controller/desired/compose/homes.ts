import type { Key } from './shape.ts'

// Where a key that stands at the wrong level belongs, most likely first.
const HOMES: [keys: string, home: string][] = [
  [
    'image command entrypoint environment ports volumes depends_on healthcheck restart deploy build env_file',
    'under a service',
  ],
  ['replicas update_config rollback_config restart_policy placement endpoint_mode', 'under deploy'],
  ['parallelism failure_action monitor max_failure_ratio order', 'under deploy.update_config'],
  ['interval timeout retries start_period test', 'under healthcheck'],
  ['services include', 'at the root of the file'],
  ['drift variables unset', 'under x-setpoint'],
]

/** Where a key that is unknown in one place is known; undefined when nowhere, or here. */
export function homeOfKey(key: string, here: Record<string, Key> = {}): string | undefined {
  const isHere = (keys: string) => keys.split(' ').every((one) => Object.hasOwn(here, one))
  return HOMES.find(([keys]) => keys.split(' ').includes(key) && !isHere(keys))?.[1]
}
