import { existsSync } from 'node:fs'
import { unable } from './abilities.ts'
import type { OciMount } from './mounts/mounts.ts'

/** Small programs that reap orphans and pass signals on, statically linked or harmless enough for any image. */
const PROGRAMS = [
  '/usr/bin/catatonit',
  '/usr/libexec/podman/catatonit',
  '/usr/bin/tini-static',
  '/usr/bin/docker-init',
]
const TARGET = '/dev/init'

/** The command line under the init of the host, which is mounted at /dev/init as Docker does it. */
export const withInit = (argv: string[]) => [TARGET, '--', ...argv]

/** @throws SetpointError HOST_UNABLE when the host has none */
export function initMount(): OciMount {
  const source = PROGRAMS.find((path) => existsSync(path))
  if (source === undefined)
    throw unable(
      'init is asked for, and this host has no small init',
      'Install one: `apt-get install -y catatonit`.',
    )
  return { destination: TARGET, type: 'bind', source, options: ['bind', 'rprivate', 'ro'] }
}
