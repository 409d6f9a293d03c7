import { readFile } from 'node:fs/promises'
import { release } from 'node:os'
import type { SeccompProfile } from '../../../schemas/seccomp.ts'
import { absent } from '../../disk.ts'
import { goArch, type LinuxSeccomp, seccompFor } from './seccomp.ts'

export interface Confinement {
  /** Absent: none. */
  filter?: LinuxSeccomp
  /** The filter as the kernel takes it, base64, once a runtime has compiled it. */
  compiled?: string
}

/** The system call filters of this agent's containers: most have the same capabilities, and with them the same filter. */
export interface Confinements {
  of(capabilities: string[]): Confinement
  /**
   * Keeps the program that crun has compiled for a container (`seccomp.bpf` in its record), so that it need not compile
   * the same filter again: that is a third of the work of making a container.
   */
  learn(capabilities: string[], file: string): Promise<void>
}

/** sizeof(struct sock_filter), and the most instructions that the kernel takes (BPF_MAXINSNS). */
const INSTRUCTION = 8
const MAX_INSTRUCTIONS = 4096

export function confinements(profile: SeccompProfile): Confinements {
  const made = new Map<string, Confinement>()
  function of(capabilities: string[]): Confinement {
    const key = capabilities.join()
    const found: Confinement = made.get(key) ?? {
      filter: seccompFor(profile, { arch: goArch(), capabilities, kernel: release() }),
    }
    made.set(key, found)
    return found
  }
  return {
    of,
    async learn(capabilities, file) {
      const confinement = of(capabilities)
      if (confinement.compiled !== undefined) return
      const program = await readFile(file).catch(absent) // runc, and a crun with a cache of its own, keep none
      if (program && isProgram(program)) confinement.compiled = program.toString('base64')
    },
  }
}

function isProgram({ length }: Buffer): boolean {
  return length > 0 && length % INSTRUCTION === 0 && length / INSTRUCTION <= MAX_INSTRUCTIONS
}
