/** Keys as they are written, "G then J", each on its cap. */
export function Keys({ keys }: { readonly keys: string }) {
  return (
    <span className="flex shrink-0 items-center gap-1 text-2xs text-mid">
      {keys.split(' ').map((part) =>
        part === 'then' ? (
          <span key={part}>{part}</span>
        ) : (
          <kbd key={part} className="rounded border border-line-strong px-1.5 font-sans">
            {part}
          </kbd>
        ),
      )}
    </span>
  )
}
