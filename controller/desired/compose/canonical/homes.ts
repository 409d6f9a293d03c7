import type { Key } from '../shape.ts'

interface Home {
  keys: string
  home: string
  /** Where one of these keys is known; elsewhere the word means something else. Absent: everywhere. */
  beside?: string
}

// Where a key that stands at the wrong level belongs, most likely first.
const HOMES: Home[] = [
  {
    keys: 'image command entrypoint environment ports volumes depends_on healthcheck restart deploy build env_file',
    home: 'under a service',
  },
  {
    keys: 'replicas update_config rollback_config restart_policy placement endpoint_mode',
    home: 'under deploy',
  },
  { keys: 'limits reservations', home: 'under deploy.resources', beside: 'deploy resources' },
  { keys: 'cpus memory pids', home: 'under deploy.resources.limits', beside: 'resources limits' },
  { keys: 'constraints', home: 'under deploy.placement', beside: 'deploy placement' },
  { keys: 'dockerfile context args target', home: 'under build', beside: 'build' },
  { keys: 'parallelism failure_action monitor max_failure_ratio order', home: 'under deploy.update_config' },
  { keys: 'interval timeout retries start_period test', home: 'under healthcheck' },
  { keys: 'services include', home: 'at the root of the file' },
  { keys: 'drift variables unset', home: 'under x-setpoint' },
]

/** Where a key that is unknown in one place is known; undefined when nowhere, or here. */
export function homeOfKey(key: string, here: Record<string, Key> = {}): string | undefined {
  const isKnown = (one: string) => Object.hasOwn(here, one)
  return HOMES.find(
    ({ keys, beside = '' }) =>
      keys.split(' ').includes(key) &&
      !keys.split(' ').every(isKnown) &&
      (beside === '' || beside.split(' ').some(isKnown)),
  )?.home
}
