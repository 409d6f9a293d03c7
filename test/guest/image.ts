import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { must } from '../support/host-command.ts'

/** What a guest boots from: made once, and then only read. */
export interface GuestImage {
  root: string
  kernel: string
  initrd: string
}

/** Outside the clone: it depends on Debian alone, and takes minutes to make. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'setpoint-tests')

const SUITE = 'bookworm'

/** Debian's own kernel, an init, the channel to the outside, and what Setpoint drives. */
const PACKAGES = [
  'linux-image-cloud-amd64',
  ...['systemd', 'systemd-sysv', 'dbus', 'udev', 'kmod', 'procps', 'qemu-guest-agent'],
  ...['crun', 'runc', 'conmon', 'catatonit', 'buildah', 'skopeo', 'golang-github-containers-common'],
  ...['nftables', 'conntrack', 'iproute2', 'dnsmasq-base', 'socat', 'busybox-static'],
  'containernetworking-plugins',
]

/** They belong to a machine that somebody lives on, or start what Setpoint starts for itself. */
const MASKED = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'fstrim.timer'],
  ...['e2scrub_reap.service', 'e2scrub_all.timer', 'getty@tty1.service', 'serial-getty@ttyS0.service'],
]

const SIZE = '2G'
/** Milliseconds for what is downloaded from Debian's mirror. */
const BOOTSTRAP = 10 * 60_000

/** The image in the user's cache, made if it is not there. */
export async function guestImage(): Promise<GuestImage> {
  const inputs = JSON.stringify([SUITE, PACKAGES, MASKED, SIZE, FILES, LINKS])
  const hash = createHash('sha256').update(inputs).digest('hex').slice(0, 12)
  const folder = join(CACHE, `guest-${hash}`)
  if (!existsSync(folder)) await build(folder)
  return {
    root: join(folder, 'root.img'),
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd.img'),
  }
}

async function build(folder: string): Promise<void> {
  const work = `${folder}.building`
  const root = join(work, 'root')
  await rm(work, { recursive: true, force: true })
  await mkdir(work, { recursive: true })
  await must(bootstrap(root), { timeout: BOOTSTRAP })
  await furnish(root)
  await take(join(root, 'boot'), 'vmlinuz-', join(work, 'vmlinuz'))
  await take(join(root, 'boot'), 'initrd.img-', join(work, 'initrd.img'))
  await must(diskArgv({ image: join(work, 'root.img'), folder: root, size: SIZE }), { timeout: 120_000 })
  await rm(root, { recursive: true })
  await rename(work, folder)
}

function bootstrap(root: string): string[] {
  return [
    'mmdebstrap',
    ...['--quiet', '--mode=root', '--variant=minbase', '--format=directory'],
    `--include=${PACKAGES.join(',')}`,
    '--aptopt=Apt::Install-Recommends "false"',
    ...['doc', 'man', 'locale'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    ...[SUITE, root],
  ]
}

/** An ext4 file system in a file, with what is in a folder. */
export function diskArgv({ image, folder, size }: { image: string; folder: string; size: string }): string[] {
  return ['mke2fs', '-q', '-F', '-t', 'ext4', '-d', folder, image, size]
}

/** Interfaces that lead nowhere, for the networks of plugins. */
const PARENTS = ['lan0', 'lan1']

function parentFiles(name: string): [path: string, text: string][] {
  const place = `etc/systemd/network/${name}`
  return [
    [`${place}.netdev`, `[NetDev]\nName=${name}\nKind=dummy\n`],
    [`${place}.network`, `[Match]\nName=${name}\n[Network]\nLinkLocalAddressing=no\n`],
  ]
}

const FILES: Record<string, string> = {
  'etc/fstab': '/dev/vda / ext4 rw,relatime 0 0\n/dev/vdb /opt ext4 rw,relatime 0 0\n',
  'etc/hostname': 'guest\n',
  'etc/systemd/network/any.network':
    '[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n',
  ...Object.fromEntries(PARENTS.flatMap(parentFiles)),
  'etc/default/setpoint-agent': 'SETPOINT_REDIS=redis://10.0.2.100:6379\n',
}

/** The command as an installation has it, on the second disk, and a network without DHCP. */
const LINKS: Record<string, string> = {
  'usr/local/bin/node': '/opt/setpoint/node_modules/node/bin/node',
  'usr/local/bin/setpoint-agent': '/opt/setpoint/scripts/setpoint-agent.mjs',
  'etc/systemd/system/multi-user.target.wants/systemd-networkd.service':
    '/lib/systemd/system/systemd-networkd.service',
}

async function furnish(root: string): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) await writeFile(join(root, path), text)
  for (const [path, target] of Object.entries(LINKS)) await symlink(target, join(root, path))
  for (const unit of MASKED) await symlink('/dev/null', join(root, 'etc/systemd/system', unit))
  await rm(join(root, 'var/lib/containers'), { recursive: true, force: true })
  await symlink('/opt/containers', join(root, 'var/lib/containers'))
}

/** Copies the one file in a folder whose name begins so. */
async function take(folder: string, prefix: string, target: string): Promise<void> {
  const name = (await readdir(folder)).find((each) => each.startsWith(prefix))
  if (name === undefined) throw new Error(`no ${prefix}… in ${folder}`)
  await copyFile(join(folder, name), target)
}
