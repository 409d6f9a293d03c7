/** How a mapping, or each mapping of a list, is printed: with known keys, or with names that the author gives. */
export type Printed = Struct | { names: Struct }

export interface Struct {
  /** In the order of printing. A key that is not here is not printed. */
  keys: readonly string[]
  /** How what stands below a key is printed; by default as it is. */
  below: Record<string, Printed>
  /** Keys that are printed also where their value is 0, false or an empty list: it says something else than nothing. */
  kept: readonly string[]
  /** Texts that say nothing under a key: a size of `0`. */
  blank: Record<string, string>
  /** What is printed in JSON, and not in YAML, where the key has nothing to say. */
  always: Record<string, null | { [key: string]: null }>
}

/** A mapping whose keys are listed in one text. */
function struct(keys: string, more: Partial<Omit<Struct, 'keys'>> = {}): Struct {
  return { keys: keys.split(/\s+/), below: {}, kept: [], blank: {}, always: {}, ...more }
}

const hook = struct('command image user privileged working_dir environment per_replica', {
  kept: ['command'],
  always: { command: null },
})

const fileMount = struct('source target uid gid mode')

const ulimits = { names: struct('soft hard', { kept: ['soft', 'hard'] }) }

const build = struct(
  `context dockerfile dockerfile_inline entitlements args provenance sbom ssh labels cache_from cache_to no_cache
  no_cache_filter additional_contexts pull extra_hosts isolation network target secrets shm_size tags ulimits
  platforms privileged`,
  { below: { secrets: fileMount, ulimits }, blank: { shm_size: '0' } },
)

const throttle = struct('path rate')

const blkio = struct(
  'weight weight_device device_read_bps device_read_iops device_write_bps device_write_iops',
  {
    below: {
      weight_device: struct('path weight'),
      device_read_bps: throttle,
      device_read_iops: throttle,
      device_write_bps: throttle,
      device_write_iops: throttle,
    },
  },
)

const update = struct('parallelism delay failure_action monitor max_failure_ratio order', {
  kept: ['parallelism'],
  blank: { delay: '0s', monitor: '0s' },
})

const deviceRequest = struct('capabilities driver count device_ids options')

const resources = struct('cpus memory pids devices generic_resources', {
  below: {
    devices: deviceRequest,
    generic_resources: struct('discrete_resource_spec', {
      below: { discrete_resource_spec: struct('kind value', { kept: ['value'] }) },
    }),
  },
  blank: { memory: '0' },
})

const deploy = struct(
  'mode replicas labels update_config rollback_config resources restart_policy placement endpoint_mode',
  {
    below: {
      update_config: update,
      rollback_config: update,
      resources: struct('limits reservations', { below: { limits: resources, reservations: resources } }),
      restart_policy: struct('condition delay max_attempts window', { kept: ['max_attempts'] }),
      placement: struct('constraints preferences max_replicas_per_node', {
        below: { preferences: struct('spread') },
      }),
    },
    kept: ['replicas'],
    always: { resources: {}, placement: {} },
  },
)

const volume = struct('type source target read_only consistency bind volume tmpfs image', {
  below: {
    bind: struct('selinux propagation create_host_path recursive'),
    volume: struct('labels nocopy subpath'),
    tmpfs: struct('size mode', { blank: { size: '0' } }),
    image: struct('subpath'),
  },
})

const service = struct(
  `profiles annotations attach build develop blkio_config cap_add cap_drop cgroup_parent cgroup cpu_count cpu_percent
  cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpus cpuset cpu_shares command configs container_name
  credential_spec depends_on deploy device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint provider
  environment expose external_links extra_hosts group_add gpus hostname healthcheck image init ipc isolation labels
  links logging mem_limit mem_reservation memswap_limit mem_swappiness mac_address models network_mode networks
  oom_kill_disable oom_score_adj pid pids_limit platform ports privileged pull_policy read_only restart runtime scale
  secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits
  use_api_socket user userns_mode uts volumes volumes_from working_dir pre_start post_start pre_stop`,
  {
    below: {
      build,
      blkio_config: blkio,
      configs: fileMount,
      credential_spec: struct('config file registry'),
      depends_on: { names: struct('condition restart required', { kept: ['required'] }) },
      deploy,
      develop: struct('watch', {
        below: {
          watch: struct('path action target exec include ignore initial_sync', {
            below: { exec: hook },
            always: { exec: { command: null } },
          }),
        },
      }),
      devices: struct('source target permissions'),
      gpus: deviceRequest,
      healthcheck: struct('test timeout interval retries start_period start_interval disable', {
        kept: ['retries'],
      }),
      logging: struct('driver options'),
      models: { names: struct('endpoint_var model_var') },
      networks: {
        names: struct(
          `aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address
          priority`,
        ),
      },
      ports: struct('name mode host_ip target published protocol app_protocol'),
      post_start: hook,
      pre_start: hook,
      pre_stop: hook,
      provider: struct('type options'),
      secrets: fileMount,
      ulimits,
      volumes: volume,
    },
    kept: ['attach', 'command', 'entrypoint', 'init', 'scale'],
    blank: { mem_limit: '0', mem_reservation: '0', memswap_limit: '0', mem_swappiness: '0', shm_size: '0' },
    always: { command: null, entrypoint: null },
  },
)

const network = struct(
  'name driver driver_opts ipam external internal attachable labels enable_ipv4 enable_ipv6',
  {
    below: {
      ipam: struct('driver config options', {
        below: { config: struct('subnet gateway ip_range aux_addresses') },
      }),
    },
    kept: ['enable_ipv4', 'enable_ipv6'],
    always: { ipam: {} },
  },
)

/** What a secret holds is never printed. */
const secret = struct('name file environment external labels driver driver_opts template_driver')

const config = struct('name file environment content external labels driver driver_opts template_driver')

/** The whole of a model. */
export const printed: Struct = struct('name services networks volumes secrets configs models', {
  below: {
    services: { names: service },
    networks: { names: network },
    volumes: { names: struct('name driver driver_opts external labels') },
    secrets: { names: secret },
    configs: { names: config },
    models: { names: struct('name model context_size runtime_flags') },
  },
  always: { services: {} },
})
