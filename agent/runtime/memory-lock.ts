import { readKernelFile } from '../kernel-file.ts'

const CAP_SYS_RESOURCE = 1n << 24n

/** True when this process may lock as much memory as it likes, or may lift the limit (getrlimit(2), capabilities(7)). */
export function mayLockMemory(): boolean {
  const [limits = '', status = ''] = ['limits', 'status'].map((file) => readKernelFile(`/proc/self/${file}`))
  if (/^Max locked memory\s+\S+\s+unlimited/m.test(limits)) return true
  const effective = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return (effective & CAP_SYS_RESOURCE) !== 0n
}
