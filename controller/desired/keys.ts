/**
 * What Setpoint does with each key that the Compose Specification knows, and with its own under `x-setpoint`.
 * The single source: readers, messages and docs follow it, and a key that stands nowhere here is unknown.
 */
export type Mark =
  | { mark: 'honoured' }
  /** Accepted without effect: told as a notice, except where the value is what happens anyway. */
  | { mark: 'ignored'; reason: string; usual?: readonly unknown[] }
  /** Refused: its silent absence would be wrong or dangerous. `usual` values ask for nothing and pass. */
  | { mark: 'refused'; reason: string; instead: string; usual?: readonly unknown[] }

export type Section = keyof typeof KEYS

const honoured: Mark = { mark: 'honoured' }

function ignored(reason: string, ...usual: unknown[]): Mark {
  return { mark: 'ignored', reason, usual }
}

function refused(reason: string, instead: string, ...usual: unknown[]): Mark {
  return { mark: 'refused', reason, instead, usual }
}

function allHonoured(...keys: string[]): Record<string, Mark> {
  return Object.fromEntries(keys.map((key) => [key, honoured]))
}

const LATER = 'not honoured yet'
const TUNING = 'a matter of tuning that changes nothing the service can see'

const ROOT: Record<string, Mark> = {
  ...allHonoured('name', 'services', 'networks', 'volumes'),
  version: ignored('obsolete, the Compose Specification has no versions'),
  include: refused(LATER, 'put what it includes into this file'),
  secrets: refused(LATER, 'keep the secret in a file on the host and mount it by its absolute path'),
  configs: refused(LATER, 'put the file into an image spec (NAME.image.yaml, files)'),
  models: refused(LATER, 'run the model as a service'),
}

const SERVICE: Record<string, Mark> = {
  ...allHonoured(
    'image',
    'pull_policy',
    'command',
    'entrypoint',
    'environment',
    'working_dir',
    'user',
    'hostname',
    'ports',
    'networks',
    'volumes',
    'tmpfs',
    'healthcheck',
    'restart',
    'depends_on',
    'links',
    'container_name',
    'labels',
    'stop_signal',
    'stop_grace_period',
    'read_only',
    'cap_add',
    'cap_drop',
    'security_opt',
    'deploy',
    'scale',
    'mem_limit',
    'mem_reservation',
    'cpus',
    'pids_limit',
    'x-setpoint',
  ),
  annotations: ignored('annotations reach no container; use labels'),
  attach: ignored('it tells `docker compose up` whose log to show; see `setpoint logs`'),
  blkio_config: ignored(TUNING),
  build: refused(
    LATER,
    'describe the image in NAME.image.yaml and use it by its name, or name a built image',
  ),
  cgroup: refused(LATER, 'remove it; each container has its own cgroup namespace', 'private'),
  cgroup_parent: refused(LATER, 'limit the service with deploy.resources'),
  configs: refused(LATER, 'put the file into an image spec (NAME.image.yaml, files)'),
  cpu_count: refused(LATER, 'use cpus'),
  cpu_percent: refused(LATER, 'use cpus'),
  cpu_period: refused(LATER, 'use cpus'),
  cpu_quota: refused(LATER, 'use cpus'),
  cpu_rt_period: refused(LATER, 'use cpus'),
  cpu_rt_runtime: refused(LATER, 'use cpus'),
  cpu_shares: ignored(TUNING),
  cpuset: ignored(TUNING),
  credential_spec: refused('for Windows containers only', 'remove it'),
  develop: ignored('it is for development with `docker compose watch`'),
  device_cgroup_rules: refused(LATER, 'remove it, or run this service outside Setpoint'),
  devices: refused(LATER, 'remove it, or run this service outside Setpoint'),
  dns: refused(LATER, 'remove it; names resolve between services and as on the host'),
  dns_opt: refused(LATER, 'remove it; names resolve between services and as on the host'),
  dns_search: refused(LATER, 'use full names'),
  domainname: ignored('containers have a hostname only'),
  env_file: refused(LATER, 'write the variables under environment; their values may come from .env'),
  expose: ignored('services of one network reach every port of each other'),
  extends: refused(LATER, 'share keys with an anchor and a merge key (<<: *base)'),
  external_links: refused(LATER, 'put both services into one external network'),
  extra_hosts: refused(LATER, 'use the address itself, or a name that the host resolves'),
  gpus: refused(LATER, 'remove it, or run this service outside Setpoint'),
  group_add: refused(LATER, 'set user to uid:gid'),
  init: ignored('the container starts without an init process', false),
  ipc: refused(LATER, 'remove it; each container has its own', 'private', 'shareable'),
  isolation: ignored('it is for Windows containers', 'default'),
  label_file: refused(LATER, 'write the labels under labels'),
  logging: ignored('logs are kept by conmon and read by `setpoint logs`'),
  mac_address: refused(LATER, 'remove it; addresses are given by the agent'),
  mem_swappiness: ignored(TUNING),
  memswap_limit: ignored('swap is not limited on its own'),
  models: refused(LATER, 'give the address of the model in environment'),
  network_mode: refused(LATER, 'remove it, and publish the ports that must be reached'),
  oom_kill_disable: ignored(TUNING, false),
  oom_score_adj: ignored(TUNING),
  pid: refused(LATER, 'remove it; each container has its own process ids'),
  platform: ignored('the image for the platform of the host is taken'),
  post_start: refused(LATER, 'do it in the entrypoint'),
  pre_start: refused(LATER, 'do it in the entrypoint'),
  pre_stop: refused(LATER, 'do it on the stop signal'),
  privileged: refused(LATER, 'name the capabilities that are needed under cap_add', false),
  profiles: refused(LATER, 'remove it to run the service always, or the service to run it never'),
  provider: refused('a provider is a program on the machine of whoever runs compose', 'run it as a service'),
  pull_refresh_after: ignored('images are pulled as pull_policy says'),
  runtime: refused(LATER, 'remove it; crun or runc is chosen by the agent', 'runc', 'crun'),
  secrets: refused(LATER, 'keep the secret in a file on the host and mount it by its absolute path'),
  shm_size: ignored('/dev/shm has 64 MiB; mount a tmpfs of the wanted size on /dev/shm'),
  stdin_open: ignored('standard input is empty', false),
  storage_opt: ignored('the size of the writable layer is not limited'),
  sysctls: refused(LATER, 'set them on the host where they are not of a namespace, or remove them'),
  tty: ignored('the log is a plain stream', false),
  ulimits: ignored('the limits are those of the agent'),
  use_api_socket: refused('there is no Docker daemon', 'remove it'),
  userns_mode: refused(LATER, 'remove it'),
  uts: refused(LATER, 'remove it; each container has its own hostname'),
  volumes_from: refused(LATER, 'name the same volumes under volumes'),
}

/** Sections of the file and the keys that each may have. */
export const KEYS = {
  root: { ...ROOT, 'x-setpoint': honoured },
  service: SERVICE,
  deploy: {
    ...allHonoured('mode', 'replicas', 'resources', 'update_config', 'restart_policy'),
    labels: ignored('they label the service in Swarm, not its containers; use labels of the service'),
    endpoint_mode: ignored('a service name resolves to the addresses of its tasks'),
    placement: honoured,
    rollback_config: ignored('a rollback moves as update_config says'),
  },
  placement: {
    constraints: refused(LATER, 'remove it while there is one host'),
    preferences: ignored('tasks are spread over the hosts'),
    max_replicas_per_node: refused(LATER, 'remove it while there is one host', 0),
  },
  update_config: allHonoured(
    'parallelism',
    'delay',
    'failure_action',
    'monitor',
    'max_failure_ratio',
    'order',
  ),
  restart_policy: allHonoured('condition', 'delay', 'max_attempts', 'window'),
  resources: allHonoured('limits', 'reservations'),
  limits: allHonoured('cpus', 'memory', 'pids'),
  reservations: {
    memory: honoured,
    cpus: ignored('cores are not reserved; the kernel shares them out'),
    generic_resources: refused(LATER, 'remove it, or run this service outside Setpoint'),
    devices: refused(LATER, 'remove it, or run this service outside Setpoint'),
  },
  healthcheck: allHonoured(
    'test',
    'disable',
    'interval',
    'timeout',
    'retries',
    'start_period',
    'start_interval',
  ),
  port: {
    ...allHonoured('target', 'published', 'protocol', 'host_ip'),
    mode: ignored('a port is published on each host that runs a task of the service'),
    name: ignored(TUNING),
    app_protocol: ignored(TUNING),
  },
  volumeMount: {
    ...allHonoured('type', 'source', 'target', 'read_only', 'bind', 'tmpfs'),
    volume: honoured,
    consistency: ignored('it is for Docker Desktop'),
    image: refused(LATER, 'copy what is needed into the image of the service'),
  },
  mountBind: {
    create_host_path: honoured,
    propagation: refused(LATER, 'remove it', 'private', 'rprivate'),
    selinux: ignored('files are not relabelled for SELinux'),
    recursive: ignored(TUNING, 'enabled'),
  },
  mountVolume: {
    nocopy: ignored('what the image has at the place of a volume is not copied into it', true),
    labels: ignored('put labels under the volume itself'),
    subpath: refused(LATER, 'use a volume of its own'),
  },
  mountTmpfs: allHonoured('size', 'mode'),
  attachment: {
    aliases: honoured,
    interface_name: ignored('the agent names the interfaces'),
    ipv4_address: refused(LATER, 'use the name of the service'),
    ipv6_address: refused(LATER, 'use the name of the service'),
    link_local_ips: refused(LATER, 'use the name of the service'),
    mac_address: refused(LATER, 'remove it; addresses are given by the agent'),
    driver_opts: ignored(TUNING),
    priority: ignored('networks are joined in the order of their names'),
    gw_priority: ignored('networks are joined in the order of their names'),
  },
  dependency: {
    ...allHonoured('condition', 'required'),
    restart: ignored('a service is not restarted with the one it depends on', false),
  },
  network: {
    ...allHonoured('name', 'internal', 'external', 'driver', 'ipam'),
    attachable: ignored('only tasks join a network'),
    driver_opts: ignored(TUNING),
    enable_ipv4: refused(LATER, 'remove it; networks are IPv4', true),
    enable_ipv6: refused(LATER, 'remove it; networks are IPv4', false),
    labels: ignored('networks carry only the labels of Setpoint'),
  },
  ipam: {
    config: honoured,
    driver: ignored('addresses are given by the agent', 'default'),
    options: ignored('addresses are given by the agent'),
  },
  ipamConfig: {
    subnet: honoured,
    ip_range: refused(LATER, 'choose a smaller subnet'),
    gateway: ignored('the gateway is the first address of the subnet'),
    aux_addresses: refused(LATER, 'choose a subnet without those addresses'),
  },
  volume: {
    ...allHonoured('name', 'external', 'labels', 'driver'),
    driver_opts: refused(LATER, 'mount it on the host and use its absolute path'),
  },
  external: allHonoured('name'),
  setpoint: allHonoured('drift', 'variables'),
  serviceSetpoint: allHonoured('update'),
  serviceUpdate: allHonoured('deadline'),
  image: allHonoured('base', 'packages', 'files', 'run', 'config'),
  imageFile: allHonoured('path', 'content', 'source', 'mode', 'owner'),
  imageConfig: allHonoured(
    'entrypoint',
    'command',
    'env',
    'working_dir',
    'user',
    'ports',
    'labels',
    'stop_signal',
    'healthcheck',
  ),
} satisfies Record<string, Record<string, Mark>>

/** The mark of a key; undefined when the section has no such key. */
export function markOf(section: Section, key: string): Mark | undefined {
  const marks: Record<string, Mark> = KEYS[section]
  return Object.hasOwn(marks, key) ? marks[key] : undefined
}
