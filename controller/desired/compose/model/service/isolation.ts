import { honoured, ignored, refused } from '../../marks.ts'
import type { Key } from '../../shape.ts'
import { boolean, distinct, listOf, mapping, oneOf, orNothing, string, textOrNumber } from '../common.ts'
import { gpus } from '../device-requests.ts'
import { devices } from '../devices.ts'
import { keyValues } from '../pairs.ts'
import { securityOpt } from '../security-opt.ts'
import { uniqueStrings } from '../string-or-list.ts'

const credentialSpec = mapping('a mapping with config, file or registry', {
  config: honoured(string, 'The config that has it.'),
  file: honoured(string, 'The file that has it.'),
  registry: honoured(string, 'The key of the Windows registry that has it.'),
})

/** What a service is kept from, and what it is let to. */
export const isolation: Record<string, Key> = {
  user: honoured(string, 'The user that the program runs as, as in `1000:1000`.'),
  group_add: honoured(
    distinct(listOf(textOrNumber, 'a list of groups')),
    'Further groups of the user: names of the image, or numbers.',
  ),
  cap_add: honoured(uniqueStrings, 'Capabilities of the kernel that the container gets, as in `NET_ADMIN`.'),
  cap_drop: honoured(uniqueStrings, 'Capabilities that are taken away; `ALL` is all of them.'),
  security_opt: honoured(
    securityOpt,
    'Security settings: `no-new-privileges:true`, `seccomp=`, `apparmor=`, `systempaths=unconfined`.',
  ),
  privileged: honoured(boolean, 'The container may do what the host may.'),
  devices: honoured(
    devices,
    'Devices of the host that the container sees, as in `/dev/fuse`, and CDI names, as in `nvidia.com/gpu=all`.',
  ),
  device_cgroup_rules: honoured(
    distinct(uniqueStrings),
    'Rules on which devices may be used, as in `c 188:* rwm`.',
  ),
  gpus: honoured(gpus, 'GPUs that the container uses, found by CDI.'),
  sysctls: honoured(
    keyValues,
    'Parameters of the kernel that a container has for itself: `net.*`, `fs.mqueue.*`, and some of `kernel.*`.',
  ),
  cgroup: honoured(
    oneOf('host', 'private'),
    'The cgroup namespace. By default `private` on cgroup v2 and `host` on v1.',
  ),
  cgroup_parent: refused(string, 'The cgroup that the container is put into.', {
    reason: 'all tasks live below the cgroup `setpoint`, where they are limited, measured and cleared up',
    instead: 'limit the service with deploy.resources',
  }),
  ipc: honoured(
    string,
    'The namespace of shared memory and queues: `private` (the default), `shareable`, `host`, `none`, or `service:NAME`.',
  ),
  pid: honoured(
    orNothing(string),
    'The namespace of processes: `host`, or `service:NAME` for that of another service.',
  ),
  uts: honoured(string, 'The namespace of the host name; `host` is that of the host.'),
  userns_mode: honoured(
    string,
    'The namespace of users: `host` (the default), or `auto` for one of its own, whose root is nobody on the host.',
  ),
  isolation: ignored(string, 'How containers are kept apart on Windows.', {
    reason: 'it is for Windows containers',
    usual: ['default'],
  }),
  credential_spec: refused(credentialSpec, 'The account of a Windows container.', {
    reason: 'for Windows containers only',
    instead: 'remove it',
  }),
  runtime: honoured(
    string,
    'The program that runs the container, `crun` or `runc`. By default the agent chooses.',
  ),
  use_api_socket: refused(boolean, 'The container reaches the Docker daemon.', {
    reason: 'there is no Docker daemon',
    instead: 'remove it',
    usual: [false],
  }),
}
