import { describe, expect, test } from 'vitest'
import { KEYS, markOf, type Section } from '../../../controller/desired/keys.ts'
import { nearest } from '../../../controller/desired/suggest.ts'
import { problemsOf } from './support.ts'

/** The keys that the Compose Specification knows; a new one needs a mark. */
const SPECIFICATION: [Section, string][] = [
  ['root', 'version name include services models networks volumes secrets configs'],
  [
    'service',
    'develop deploy annotations attach build blkio_config cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_shares cpu_quota cpu_period cpu_rt_period cpu_rt_runtime cpus cpuset credential_spec depends_on device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file label_file environment expose extends provider external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit network_mode models networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles pull_policy pull_refresh_after read_only restart runtime scale security_opt shm_size secrets sysctls stdin_open stop_grace_period stop_signal storage_opt tmpfs tty ulimits use_api_socket user uts userns_mode volumes volumes_from working_dir',
  ],
  [
    'deploy',
    'mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement',
  ],
  ['healthcheck', 'disable interval retries test timeout start_period start_interval'],
  ['port', 'name mode host_ip target published protocol app_protocol'],
  ['volumeMount', 'type source target read_only consistency bind volume tmpfs image'],
  ['mountBind', 'propagation create_host_path recursive selinux'],
  ['mountVolume', 'labels nocopy subpath'],
  ['mountTmpfs', 'size mode'],
  [
    'attachment',
    'aliases interface_name ipv4_address ipv6_address link_local_ips mac_address driver_opts priority gw_priority',
  ],
  ['network', 'name driver driver_opts ipam external internal enable_ipv4 enable_ipv6 attachable labels'],
  ['ipam', 'driver config options'],
  ['ipamConfig', 'subnet ip_range gateway aux_addresses'],
  ['volume', 'name driver driver_opts external labels'],
  ['update_config', 'parallelism delay failure_action monitor max_failure_ratio order'],
  ['restart_policy', 'condition delay max_attempts window'],
  ['limits', 'cpus memory pids'],
  ['reservations', 'cpus memory generic_resources devices'],
  ['placement', 'constraints preferences max_replicas_per_node'],
  ['dependency', 'restart required condition'],
]

describe('the table of keys', () => {
  test.each(SPECIFICATION)('every key of %s has a mark', (section, keys) => {
    expect(keys.split(' ').filter((key) => !markOf(section, key))).toEqual([])
  })

  const service = Object.keys(KEYS.service).filter((key) => key !== 'image')
  test.each(service)('services.a.%s is read or told of, never dropped (law 12)', (key) => {
    const problems = problemsOf(`services: {a: {image: x, ${key}: {zzz: {zzz: [z]}}}}`)
    expect(problems).not.toEqual([])
    for (const line of problems) expect(line).toContain(`services.a.${key}`)
  })
})

describe('did you mean', () => {
  const words = ['image', 'ports', 'network_mode', 'networks', 'volumes']
  test.each<[string, string | undefined]>([
    ['imgae', 'image'],
    ['Image', 'image'],
    ['network-mode', 'network_mode'],
    ['network', 'networks'],
    ['volume', 'volumes'],
    ['port', 'ports'],
    ['helicopters', undefined],
    ['x', undefined],
    ['', undefined],
    ['x'.repeat(5000), undefined],
  ])('%.20s', (word, wanted) => expect(nearest(word, words)).toBe(wanted))
})
