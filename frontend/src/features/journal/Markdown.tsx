import Markdown from 'react-markdown'

/** Only what words need; HTML is shown as text, links lead out without a referrer, and no picture is fetched. */
const ELEMENTS = [
  'p',
  'h1',
  'h2',
  'h3',
  'strong',
  'em',
  'del',
  'ul',
  'ol',
  'li',
  'blockquote',
  'code',
  'pre',
  'hr',
  'br',
  'a',
]

export function Note({ text }: { readonly text: string }) {
  return (
    <div className="space-y-2 [&_code]:rounded [&_code]:bg-s3 [&_code]:px-1 [&_h1]:text-base [&_h1]:font-semibold [&_h2]:font-semibold [&_ol]:list-decimal [&_ol]:pl-5 [&_ul]:list-disc [&_ul]:pl-5">
      <Markdown
        allowedElements={ELEMENTS}
        unwrapDisallowed
        components={{
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noopener noreferrer nofollow" className="underline">
              {children}
            </a>
          ),
        }}
      >
        {text}
      </Markdown>
    </div>
  )
}

export default Note
