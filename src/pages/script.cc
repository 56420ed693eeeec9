// The scripts. Pages work without them: one uncovers that the browser turns out to know passkeys, and takes recovery
// codes off a page that is left; one presses a button.
#include <string_view>

namespace deputy::pages {

extern const std::string_view passkey_script_text, form_post_script_text;

const std::string_view passkey_script_text = R"js('use strict';
(() => {
  // Whoever goes back finds the page as it is then; a browser may have kept this one as it was.
  const codes = document.getElementById('codes');
  if (codes) {
    history.replaceState(null, '', codes.dataset.page);
    addEventListener('pagehide', () => codes.remove());
  }
  const part = document.getElementById('passkey');
  if (!part || !window.PublicKeyCredential) return;
  const form = part.querySelector('form'), failed = part.querySelector('.alert');
  const there = part.querySelector('.there') || failed;
  const making = part.hasAttribute('data-make');
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const options = JSON.parse(part.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of ['allowCredentials', 'excludeCredentials'])
    for (const one of options[list] || []) one.id = bytes(one.id);
  const described = made => {
    const from = made.response;
    const out = {id: made.id, clientDataJSON: text(from.clientDataJSON)};
    if (making) {
      out.authenticatorData = text(from.getAuthenticatorData());
      out.transports = from.getTransports();
    } else {
      out.authenticatorData = text(from.authenticatorData);
      out.signature = text(from.signature);
      out.userHandle = from.userHandle ? text(from.userHandle) : '';
    }
    return JSON.stringify(out);
  };
  part.hidden = false;
  const end = Date.now() + 1000 * part.dataset.seconds;
  form.addEventListener('submit', async event => {
    if (form.elements.response.value) return;
    event.preventDefault();
    // A passkey that is made too late stays on the device, and is known to nobody.
    if (Date.now() >= end) return location.assign(part.dataset.page);
    failed.hidden = there.hidden = true;
    try {
      const ask = {publicKey: options};
      const made = await (making ? navigator.credentials.create(ask) : navigator.credentials.get(ask));
      form.elements.response.value = described(made);
      form.submit();
    } catch (error) {
      // WebAuthn §6.3.2: the authenticator holds one of those that are excluded.
      (error.name === 'InvalidStateError' ? there : failed).hidden = false;
    }
  });
})();
)js";

// Who presses the button while the form is on its way would have the client see its code twice (RFC 6749 §10.5).
const std::string_view form_post_script_text = R"js('use strict';
(() => {
  const form = document.querySelector('form');
  form.querySelector('button').disabled = true;
  form.submit();
})();
)js";

}  // namespace deputy::pages
