import { honoured, ignored, LATER, refused } from '../../marks.ts'
import type { Key } from '../../shape.ts'
import { boolean, distinct, listOf, mapping, oneOf, orNothing, string, textOrNumber } from '../common.ts'
import { gpus } from '../device-requests.ts'
import { devices } from '../devices.ts'
import { keyValues } from '../pairs.ts'
import { uniqueStrings } from '../string-or-list.ts'

const ELSEWHERE = 'remove it, or run this service outside Setpoint'

const credentialSpec = mapping('a mapping with config, file or registry', {
  config: honoured(string, 'The config that has it.'),
  file: honoured(string, 'The file that has it.'),
  registry: honoured(string, 'The key of the Windows registry that has it.'),
})

/** What a service is kept from, and what it is let to. */
export const isolation: Record<string, Key> = {
  user: honoured(string, 'The user that the program runs as, as in `1000:1000`.'),
  group_add: refused(
    distinct(listOf(textOrNumber, 'a list of groups')),
    'Further groups of the user.',
    LATER,
    'set user to uid:gid',
  ),
  cap_add: honoured(uniqueStrings, 'Capabilities of the kernel that the container gets, as in `NET_ADMIN`.'),
  cap_drop: honoured(uniqueStrings, 'Capabilities that are taken away; `ALL` is all of them.'),
  security_opt: honoured(distinct(uniqueStrings), 'Security settings: `no-new-privileges:true`.'),
  privileged: refused(
    boolean,
    'The container may do what the host may.',
    LATER,
    'name the capabilities that are needed under cap_add',
    false,
  ),
  devices: refused(devices, 'Devices of the host that the container sees.', LATER, ELSEWHERE),
  device_cgroup_rules: refused(
    distinct(uniqueStrings),
    'Rules on which devices may be used.',
    LATER,
    ELSEWHERE,
  ),
  gpus: refused(gpus, 'GPUs that the container uses.', LATER, ELSEWHERE),
  sysctls: honoured(
    keyValues,
    'Parameters of the kernel that a container has for itself: `net.*`, `fs.mqueue.*`, and some of `kernel.*`.',
  ),
  cgroup: refused(
    oneOf('host', 'private'),
    'The cgroup namespace.',
    LATER,
    'remove it; each container has its own cgroup namespace',
    'private',
  ),
  cgroup_parent: refused(
    string,
    'The cgroup that the container is put into.',
    LATER,
    'limit the service with deploy.resources',
  ),
  ipc: refused(
    string,
    'The namespace of shared memory and queues.',
    LATER,
    'remove it; each container has its own',
    'private',
    'shareable',
  ),
  pid: refused(
    orNothing(string),
    'The namespace of processes.',
    LATER,
    'remove it; each container has its own process ids',
  ),
  uts: refused(
    string,
    'The namespace of the host name.',
    LATER,
    'remove it; each container has its own hostname',
  ),
  userns_mode: refused(string, 'The namespace of users.', LATER, 'remove it'),
  isolation: ignored(
    string,
    'How containers are kept apart on Windows.',
    'it is for Windows containers',
    'default',
  ),
  credential_spec: refused(
    credentialSpec,
    'The account of a Windows container.',
    'for Windows containers only',
    'remove it',
  ),
  runtime: refused(
    string,
    'The program that runs the container.',
    LATER,
    'remove it; crun or runc is chosen by the agent',
    'runc',
    'crun',
  ),
  use_api_socket: refused(
    boolean,
    'The container reaches the Docker daemon.',
    'there is no Docker daemon',
    'remove it',
    false,
  ),
}
