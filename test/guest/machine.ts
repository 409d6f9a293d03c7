import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { CommandResult } from '../support/host-command.ts'
import { type Channel, openChannel } from './channel.ts'
import { type GuestImage, guestImage } from './image.ts'
import { makePayload } from './payload.ts'

/** A machine of Debian with cgroup v2 and systemd, emulated in software: slow, and like those of users. */
export interface Guest {
  /** Runs a command to its end, whatever its exit code. */
  run(...argv: string[]): Promise<CommandResult>
  /** The same for a command that may take `timeout` milliseconds. */
  runFor(timeout: number, argv: string[]): Promise<CommandResult>
  /** As `run`, but a failure throws with what was said; gives its stdout. */
  must(...argv: string[]): Promise<string>
  /** Runs a script of lines, which ends at the first failure. */
  script(...lines: string[]): Promise<string>
  /** Pulls the plug, without a word to anybody, and boots it again: files that were not synced are gone. */
  powerCycle(): Promise<void>
  /** All that was written to its console so far: it goes to a file of this machine, line by line. */
  console(): Promise<string>
  close(): Promise<void>
}

/** Milliseconds for a boot, and for a command, on a build machine that has other things to do. */
const BOOT = 240_000
const COMMAND = 180_000
/** Milliseconds in which an agent answers that is there. */
const ANSWER = 5_000
const BOOT_ID = ['/bin/cat', '/proc/sys/kernel/random/boot_id']

export interface GuestOptions {
  /** The port of this machine's loopback that the guest reaches as 10.0.2.100:6379, and all that it reaches. */
  redis: number
  /** Ports of the guest by the ports of this machine's loopback that lead to them. */
  forwards: Record<number, number>
}

export async function startGuest(options: GuestOptions): Promise<Guest> {
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-guest-'))
  const image = await guestImage()
  const payload = await makePayload(folder)
  const qemu = spawn('qemu-system-x86_64', qemuArgs({ folder, image, payload, ...options }), {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  qemu.stderr?.on('data', (text) => {
    said += text
  })
  const files = { console: join(folder, 'console.log'), socket: join(folder, 'guest.sock') }
  let { channel, id } = await booted(qemu, files, () => said)

  const run = (...argv: string[]) => channel.run(argv, COMMAND)
  const must = async (...argv: string[]) => {
    const { code, stdout, stderr } = await run(...argv)
    if (code !== 0) throw new Error(`in the guest ${argv.join(' ')} failed (${code})\n${stdout}${stderr}`)
    return stdout
  }

  return {
    run,
    runFor: (timeout, argv) => channel.run(argv, timeout),
    must,
    script: (...lines) => must('/bin/bash', '-euc', lines.join('\n')),
    async powerCycle() {
      monitor(qemu, 'system_reset')
      channel.close()
      const next = await booted(qemu, files, () => said, id)
      channel = next.channel
      id = next.id
    },
    console: () => readFile(files.console, 'utf8'),
    async close() {
      channel.close()
      const gone = once(qemu, 'exit')
      qemu.kill('SIGKILL')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Parts extends GuestOptions {
  folder: string
  image: GuestImage
  payload: string
}

/** What an emulated processor need not be kept from: each of these costs at every system call or look into memory. */
const UNGUARDED = 'mitigations=off nokaslr no5lvl'

/**
 * Without /dev/kvm, which virtual build machines do not have; a processor of few talents is the quicker one to emulate. What
 * is written to the disks goes with the process.
 */
function qemuArgs({ folder, image, payload, redis, forwards }: Parts): string[] {
  const drive = (file: string) => ['-drive', `file=${file},if=virtio,format=raw,snapshot=on`]
  return [
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'Nehalem', '-smp', '2', '-m', '2048'],
    ...['-nodefaults', '-display', 'none', '-monitor', 'stdio'],
    ...['-kernel', image.kernel, '-initrd', image.initrd],
    ...[
      '-append',
      `root=/dev/vda rw console=ttyS0 quiet psi=1 ${UNGUARDED} systemd.unified_cgroup_hierarchy=1`,
    ],
    ...drive(image.root),
    ...drive(payload),
    ...[
      '-netdev',
      `user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:6379-cmd:busybox nc 127.0.0.1 ${redis}${leading(forwards)}`,
    ],
    ...['-device', 'virtio-net-pci,netdev=net'],
    ...['-serial', `file:${join(folder, 'console.log')}`],
    ...['-chardev', `socket,path=${join(folder, 'guest.sock')},server=on,wait=off,id=guest`],
    ...['-device', 'virtio-serial', '-device', 'virtserialport,chardev=guest,name=org.qemu.guest_agent.0'],
  ]
}

function leading(forwards: GuestOptions['forwards']): string {
  return Object.entries(forwards)
    .map(([here, there]) => `,hostfwd=tcp:127.0.0.1:${here}-:${there}`)
    .join('')
}

/** A command for QEMU itself. */
function monitor(qemu: ChildProcess, command: string): void {
  qemu.stdin?.write(`${command}\n`)
}

/** The channel to a guest as soon as its agent answers, after another boot than `before`. */
async function booted(
  qemu: ChildProcess,
  { socket, console }: { socket: string; console: string },
  said: () => string,
  before?: string,
): Promise<{ channel: Channel; id: string }> {
  for (const end = Date.now() + BOOT; Date.now() < end; await pause(200)) {
    if (qemu.exitCode !== null) throw new Error(`qemu ended (${qemu.exitCode}): ${said()}`)
    if (!existsSync(socket)) continue
    const channel = await openChannel(socket, ANSWER).catch(() => undefined)
    const id = await channel?.run(BOOT_ID, ANSWER).catch(() => undefined)
    if (channel && id?.code === 0 && id.stdout !== before) return { channel, id: id.stdout }
    channel?.close()
  }
  throw new Error(`the guest did not boot:\n${await readFile(console, 'utf8').catch(String)}`)
}
