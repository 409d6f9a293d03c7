import { arch } from 'node:os'

/** Node's names of processors in OCI's words (those of GOARCH) where they differ. */
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', ia32: '386' }

/** The platform of this host: `linux/amd64`. */
export function hostPlatform(): string {
  return `linux/${ARCHITECTURES[arch()] ?? arch()}`
}

/**
 * True when an image's `os/architecture/variant` is what is wanted. A variant counts only when both name one: many
 * images of arm64 leave v8 out (image-spec, §Platform Variants).
 */
export function isOfPlatform(image: string, wanted: string): boolean {
  const [os, architecture, variant = ''] = image.split('/')
  const [wantedOs, wantedArchitecture, wantedVariant = ''] = wanted.split('/')
  if (os !== wantedOs || architecture !== wantedArchitecture) return false
  return variant === '' || wantedVariant === '' || variant === wantedVariant
}
