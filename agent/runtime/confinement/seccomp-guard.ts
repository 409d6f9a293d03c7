/**
 * Where Docker's default profile is tighter than the one of containers-common (which must let podman nest): each
 * group of system calls is for containers that hold one of the capabilities.
 */
export const GUARDED: { caps: string[]; names: string[] }[] = [
  {
    caps: ['CAP_SYS_ADMIN'],
    names: [
      'clone',
      'clone3',
      'fsconfig',
      'fsmount',
      'fsopen',
      'fspick',
      'mount',
      'mount_setattr',
      'move_mount',
      'open_tree',
      'setns',
      'umount',
      'umount2',
      'unshare',
    ],
  },
  { caps: ['CAP_SYSLOG', 'CAP_SYS_ADMIN'], names: ['syslog'] },
  { caps: ['CAP_SYS_BOOT'], names: ['reboot'] },
  { caps: ['CAP_SYS_PTRACE'], names: ['pidfd_getfd'] },
  {
    caps: ['CAP_SYS_NICE'],
    names: ['get_mempolicy', 'mbind', 'set_mempolicy', 'set_mempolicy_home_node'],
  },
]

/** Not for any container: keys are not namespaced, and a new root is the runtime's business. */
export const NEVER = ['add_key', 'keyctl', 'pivot_root', 'request_key']

/** clone(2) with none of the CLONE_NEW* flags (0x7e020000). */
export const NAMESPACE_FLAGS = { value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }

/** socket(2) of every family but AF_VSOCK (40), which leads out of the container's network to the hypervisor. */
export const VSOCK = { index: 0, value: 40, valueTwo: 0, op: 'SCMP_CMP_NE' }
