import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, copyFile, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { must } from './host-command.ts'
import { ROOT } from './imports.ts'

/** Busybox, and an HTTP server that says `$MESSAGE` on `$PORT` (8080). See `SERVE` and `HEALTHY`. */
export const TEST_IMAGE = 'localhost/test/busybox:1'

/** The same under the name that Docker Hub has for it: so that a plain Compose file can be tried without a registry. */
const BUSYBOX_IMAGE = 'docker.io/library/busybox:1.37'

/** What is made once for all tests is kept here. */
export const CACHE = join(ROOT, 'node_modules', '.cache', 'setpoint')

const SERVE = `#!/bin/sh
# Serves $MESSAGE; with START=fail it exits with $EXIT instead.
echo "serving \${MESSAGE:-hello}"
if [ "$START" = fail ]; then echo "cannot start, as asked" >&2; exit "\${EXIT:-3}"; fi
mkdir -p /tmp/www
echo "\${MESSAGE:-hello}" > /tmp/www/index.html
hostname > /tmp/www/hostname
trap 'exit 0' TERM INT
httpd -f -p "\${PORT:-8080}" -h /tmp/www &
wait
`

const HEALTHY = `#!/bin/sh
# Fails with HEALTH=fail, or while /tmp/unhealthy exists.
if [ "$HEALTH" = fail ] || [ -e /tmp/unhealthy ]; then echo "unhealthy, as asked"; exit 1; fi
wget -q -O /dev/null "http://127.0.0.1:\${PORT:-8080}/"
`

/** Builds into a store of its own, in a mount namespace of its own. */
const BUILD = `set -e
b() { buildah --root "$1/storage" --runroot "$1/run" --storage-driver overlay "\${@:2}"; }
c=$(b "$1" from scratch)
b "$1" copy -q "$c" "$1/rootfs" / >/dev/null
b "$1" config --cmd '["/bin/serve"]' --env PATH=/bin "$c"
b "$1" commit -q "$c" "$2" >/dev/null
b "$1" tag "$2" "$3"
b "$1" rm "$c" >/dev/null`

/**
 * Gives a host its own image store, which has the test images, and a folder for /etc/containers that names it.
 * The images are built once and kept in the clone's cache.
 */
export async function giveImages({ conf, graphRoot }: { conf: string; graphRoot: string }): Promise<void> {
  await must(['cp', '--archive', await imageStore(), graphRoot])
  await cp('/etc/containers', conf, { recursive: true })
  await writeFile(
    join(conf, 'storage.conf'),
    `[storage]
driver = "overlay"
runroot = "/run/containers/storage"
graphroot = "${graphRoot}"
`,
  )
}

/** The store with the test images, in the cache of the clone; built if it is not there. */
export async function imageStore(): Promise<string> {
  const inputs = [SERVE, HEALTHY, BUILD, TEST_IMAGE, BUSYBOX_IMAGE, await readFile('/bin/busybox')]
  const hash = inputs
    .reduce((sum, input) => sum.update(input), createHash('sha256'))
    .digest('hex')
    .slice(0, 12)
  const store = join(CACHE, `images-${hash}`)
  if (!existsSync(store)) await build(join(CACHE, `building-${process.pid}`), store)
  return store
}

async function build(work: string, store: string): Promise<void> {
  await rm(work, { recursive: true, force: true })
  await makeRootfs(join(work, 'rootfs'))
  await must(['unshare', '--mount', '--', 'bash', '-c', BUILD, 'bash', work, TEST_IMAGE, BUSYBOX_IMAGE], {
    timeout: 60_000,
  })
  await rename(join(work, 'storage'), store).catch((error) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // another worker was first
  })
  await rm(work, { recursive: true, force: true })
}

async function makeRootfs(rootfs: string): Promise<void> {
  const bin = join(rootfs, 'bin')
  await mkdir(bin, { recursive: true })
  await mkdir(join(rootfs, 'tmp'), { recursive: true })
  await copyFile('/bin/busybox', join(bin, 'busybox'))
  const applets = (await must(['/bin/busybox', '--list'])).trim().split('\n')
  for (const applet of applets) if (applet !== 'busybox') await symlink('busybox', join(bin, applet))
  for (const [name, script] of [
    ['serve', SERVE],
    ['healthy', HEALTHY],
  ] as const) {
    await writeFile(join(bin, name), script)
    await chmod(join(bin, name), 0o755)
  }
}
