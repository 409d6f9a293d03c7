import { styleText } from 'node:util'

export type Tone = 'good' | 'warn' | 'bad' | 'dim' | 'bold'
export type Paint = (text: string, tone: Tone) => string

const STYLES = { good: 'green', warn: 'yellow', bad: 'red', dim: 'dim', bold: 'bold' } as const

/** Colours text for a terminal, or leaves it as it is. */
export function painter(colour: boolean): Paint {
  return colour ? (text, tone) => styleText(STYLES[tone], text, { validateStream: false }) : (text) => text
}

/** Text from elsewhere (a probe, an error) on one line, its control characters shown: it cannot steer the terminal. */
export function visible(text: string): string {
  return text
    .trimEnd()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\p{Cc}/gu, (character) =>
      character === '\t' ? ' ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
}
