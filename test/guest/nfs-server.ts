/** What the server gives out as `/`. */
const ROOT = '/srv'

/** The folder of the server that is `:/share` for its clients. */
export const SHARE = `${ROOT}/share`

/** Where exportfs(8) writes what it has in /etc/exports: nobody has to be asked for what stands there. */
const TABLES = '/proc/net/rpc'
const FOREVER = 2_147_483_647
/** linux/include/uapi/linux/nfsd/export.h: FSID, NOSUBTREECHECK, INSECURE_PORT; neither ROOTSQUASH nor ASYNC. */
const FLAGS = 0x2000 | 0x0400 | 0x0002

/**
 * Lines of a script that make the machine a server of NFS 4 for itself: the kernel's own, without a process or a package
 * beside it. Its files are on the disk before it says that they are.
 */
export const SERVE_NFS = [
  `mkdir -p ${SHARE} /var/lib/nfs/v4recovery`,
  'modprobe nfsd',
  'mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd',
  `echo 'nfsd 127.0.0.1 ${FOREVER} here' > ${TABLES}/auth.unix.ip/channel`,
  `echo 'here ${ROOT} ${FOREVER} ${FLAGS} 65534 65534 0' > ${TABLES}/nfsd.export/channel`,
  `echo 'here 1 \\x00000000 ${FOREVER} ${ROOT}' > ${TABLES}/nfsd.fh/channel`,
  'cd /proc/fs/nfsd',
  'echo -3 +4 > versions',
  'echo tcp 2049 > portlist',
  'echo 2 > threads',
  'echo Y > v4_end_grace', // who was connected before has nothing to claim back
  'cd /',
]
