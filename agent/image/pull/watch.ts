import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { formatBytes } from './bytes.ts'

/** What can be seen of a pull from outside: buildah says which layers it begins, and the kernel what it has written. */
export interface Progress {
  layers: number
  /** Bytes downloaded and unpacked so far. */
  bytes: number
}

export interface WatchOptions {
  signal: AbortSignal
  /** Called once a second at most, when there is news. */
  onProgress: (progress: Progress) => void
  /** Milliseconds without any progress after which it is ended. */
  stall: number
  onStall: () => void
}

/** Milliseconds between two looks. */
const LOOK_EVERY = 1_000
/** Less than this many bytes is what an idle process moves for its own sake. */
const TRIFLE = 1_024
/** Milliseconds that a pull gets to clear up. */
const LAST_ACT = 2_000

/**
 * Watches a `buildah pull` (not `--quiet`): tells its progress, and ends it when nobody wants it any more or when it
 * has stood still for too long. Measured: without a terminal buildah 1.28 writes one line a layer as it begins it, and
 * no bytes; those are what proc(5) §/proc/pid/io counts as `wchar`.
 */
export function watchPull(child: ChildProcess, { signal, onProgress, stall, onStall }: WatchOptions): void {
  const layers = new Set<string>()
  let told = ''
  let moved = 0
  let movedAt = performance.now()

  child.stderr?.on('data', (chunk: Buffer) => {
    for (const name of layersIn(chunk.toString())) layers.add(name)
  })
  const timer = setInterval(look, LOOK_EVERY)
  const end = () => {
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), LAST_ACT).unref()
  }
  if (signal.aborted) end()
  signal.addEventListener('abort', end)
  child.once('close', () => {
    clearInterval(timer)
    signal.removeEventListener('abort', end)
  })

  function look(): void {
    const { rchar, wchar } = ioOf(child.pid ?? 0)
    const now = performance.now()
    if (rchar + wchar + layers.size * TRIFLE >= moved + TRIFLE) {
      moved = rchar + wchar + layers.size * TRIFLE
      movedAt = now
    } else if (now - movedAt >= stall) {
      onStall()
      end()
    }
    const progress = { layers: layers.size, bytes: wchar }
    const words = progressWords(progress)
    if (words !== told) onProgress(progress)
    told = words
  }
}

/** `34 MB, 5 layers`; empty until the registry has answered. */
export function progressWords({ layers, bytes }: Progress): string {
  if (layers === 0) return ''
  return `${formatBytes(bytes)}, ${layers} ${layers === 1 ? 'layer' : 'layers'}`
}

/** The digests of the layers that buildah's lines name. */
export function layersIn(text: string): string[] {
  return [...text.matchAll(/^Copying blob (sha256:[a-f0-9]{64})/gm)].map(([, name]) => name ?? '')
}

function ioOf(pid: number): { rchar: number; wchar: number } {
  try {
    const text = readFileSync(`/proc/${pid}/io`, 'utf8')
    const read = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
    return { rchar: read('rchar'), wchar: read('wchar') }
  } catch {
    return { rchar: 0, wchar: 0 } // it has just ended
  }
}
