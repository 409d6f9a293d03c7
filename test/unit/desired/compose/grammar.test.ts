import { describe, expect, test } from 'vitest'
import type { Mark } from '../../../../controller/desired/compose/marks.ts'
import { composeFile } from '../../../../controller/desired/compose/model/compose-file.ts'
import { imageFile } from '../../../../controller/desired/compose/model/image-file.ts'
import type { Key, Shape } from '../../../../controller/desired/compose/shape.ts'

const HOOK = 'command user privileged working_dir environment'
const MOVING = 'parallelism delay failure_action monitor max_failure_ratio order'
const DEVICE = 'capabilities count device_ids driver options'
const FILE_MOUNT = 'source target uid gid mode'

/** The keys of the Compose Specification by where they stand; `*` is any name, `[]` an item of a list. */
const SPECIFICATION: [path: string, keys: string][] = [
  ['', 'version name include services models networks volumes secrets configs'],
  ['include[]', 'path env_file project_directory'],
  [
    'services.*',
    'annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_start pre_stop privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir',
  ],
  [
    'services.*.build',
    'additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts isolation labels network no_cache no_cache_filter platforms privileged provenance pull sbom secrets shm_size ssh tags target ulimits',
  ],
  ['services.*.build.secrets[]', FILE_MOUNT],
  ['services.*.build.ulimits.*', 'soft hard'],
  [
    'services.*.blkio_config',
    'weight weight_device device_read_bps device_read_iops device_write_bps device_write_iops',
  ],
  ['services.*.blkio_config.weight_device[]', 'path weight'],
  ['services.*.blkio_config.device_read_bps[]', 'path rate'],
  ['services.*.blkio_config.device_read_iops[]', 'path rate'],
  ['services.*.blkio_config.device_write_bps[]', 'path rate'],
  ['services.*.blkio_config.device_write_iops[]', 'path rate'],
  ['services.*.configs[]', FILE_MOUNT],
  ['services.*.credential_spec', 'config file registry'],
  ['services.*.depends_on.*', 'condition restart required'],
  [
    'services.*.deploy',
    'mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement',
  ],
  ['services.*.deploy.update_config', MOVING],
  ['services.*.deploy.rollback_config', MOVING],
  ['services.*.deploy.resources', 'limits reservations'],
  ['services.*.deploy.resources.limits', 'cpus memory pids'],
  ['services.*.deploy.resources.reservations', 'cpus memory generic_resources devices'],
  ['services.*.deploy.resources.reservations.devices[]', DEVICE],
  ['services.*.deploy.resources.reservations.generic_resources[]', 'discrete_resource_spec'],
  ['services.*.deploy.resources.reservations.generic_resources[].discrete_resource_spec', 'kind value'],
  ['services.*.deploy.restart_policy', 'condition delay max_attempts window'],
  ['services.*.deploy.placement', 'constraints preferences max_replicas_per_node'],
  ['services.*.deploy.placement.preferences[]', 'spread'],
  ['services.*.develop', 'watch'],
  ['services.*.develop.watch[]', 'path action target ignore include exec initial_sync'],
  ['services.*.develop.watch[].exec', HOOK],
  ['services.*.devices[]', 'source target permissions'],
  ['services.*.env_file[]', 'path format required'],
  ['services.*.extends', 'service file'],
  ['services.*.gpus[]', DEVICE],
  ['services.*.healthcheck', 'disable interval retries test timeout start_period start_interval'],
  ['services.*.logging', 'driver options'],
  ['services.*.models.*', 'endpoint_var model_var'],
  [
    'services.*.networks.*',
    'aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address priority',
  ],
  ['services.*.ports[]', 'name mode host_ip target published protocol app_protocol'],
  ['services.*.pre_start[]', `${HOOK} image per_replica`],
  ['services.*.post_start[]', HOOK],
  ['services.*.pre_stop[]', HOOK],
  ['services.*.provider', 'type options'],
  ['services.*.secrets[]', FILE_MOUNT],
  ['services.*.ulimits.*', 'soft hard'],
  ['services.*.volumes[]', 'type source target read_only consistency bind volume tmpfs image'],
  ['services.*.volumes[].bind', 'propagation create_host_path recursive selinux'],
  ['services.*.volumes[].volume', 'labels nocopy subpath'],
  ['services.*.volumes[].tmpfs', 'size mode'],
  ['services.*.volumes[].image', 'subpath'],
  ['networks.*', 'name driver driver_opts ipam external internal enable_ipv4 enable_ipv6 attachable labels'],
  ['networks.*.ipam', 'driver config options'],
  ['networks.*.ipam.config[]', 'subnet ip_range gateway aux_addresses'],
  ['networks.*.external', 'name'],
  ['volumes.*', 'name driver driver_opts external labels'],
  ['volumes.*.external', 'name'],
  ['secrets.*', 'name environment file external labels driver driver_opts template_driver'],
  ['secrets.*.external', 'name'],
  ['configs.*', 'name content environment file external labels template_driver'],
  ['configs.*.external', 'name'],
  ['models.*', 'name model context_size runtime_flags'],
]

describe('the keys of the Compose Specification', () => {
  test.each(SPECIFICATION)('%s: each one has a place, and no other has', (path, keys) => {
    const known = Object.keys(shapeAt(path)?.map?.keys ?? {}).filter((key) => !key.startsWith('x-'))
    expect(known.sort()).toEqual(keys.split(' ').sort())
  })
})

const KEYS = [...keysBelow(composeFile, ''), ...keysBelow(imageFile, 'image')]

describe.each(KEYS)('%s', (_path, { about, mark }) => {
  test('has a line about it, which is a sentence', () => {
    expect(about).toMatch(/^[^\n]{8,120}\.$/)
    expect(about.charAt(0)).toBe(about.charAt(0).toUpperCase())
  })

  test('has a mark with its reason, and what to do instead', () => {
    expect(advice(mark)).toMatch(/^(honoured|ignored: [^.;]+(; [^.;]+)?|refused: [^.;]+)( \.env)?$/)
    if (mark.mark === 'refused') expect(mark.instead).toMatch(IMPERATIVE)
  })
})

const IMPERATIVE =
  /^(choose|copy|describe|do|give|keep|limit|mount|name|put|remove|run|set|share|use|write) \S+/

function advice(mark: Mark): string {
  return mark.mark === 'honoured' ? mark.mark : `${mark.mark}: ${mark.reason}`
}

function shapeAt(path: string): Shape | undefined {
  const steps = path
    .replaceAll('[]', '.[]')
    .split('.')
    .filter((step) => step !== '')
  return steps.reduce<Shape | undefined>(step, composeFile)
}

function step(shape: Shape | undefined, name: string): Shape | undefined {
  if (name === '[]') return shape?.list?.items
  return name === '*' ? shape?.map?.values : shape?.map?.keys?.[name]?.shape
}

/** Every key of a shape and of all below it, with its path. */
function keysBelow(shape: Shape, path: string): [string, Key][] {
  const keys = Object.entries(shape.map?.keys ?? {})
  return [
    ...keys.flatMap(([name, key]): [string, Key][] => [
      [`${path}.${name}`, key],
      ...keysBelow(key.shape, `${path}.${name}`),
    ]),
    ...(shape.map?.values ? keysBelow(shape.map.values, `${path}.*`) : []),
    ...(shape.list ? keysBelow(shape.list.items, `${path}[]`) : []),
  ]
}
