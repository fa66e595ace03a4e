// Shows a notification, in whichever of two ways the browser has.

/**
 * Shows it where the browser allows it; a click on it leads back to this tab. The tab's title tells the same, so a
 * failure is no problem.
 */
export async function notify(title: string, body: string): Promise<void> {
  // A later one takes the place of the one before. The address is for the service worker, which looks for the tab by it.
  const options: NotificationOptions = { body, tag: "ofa-run", data: location.href };
  try {
    const shown = new Notification(title, options);
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
    return;
  } catch {
    // Chrome on Android shows notifications of service workers alone.
  }
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    if (registration !== undefined) {
      await (await navigator.serviceWorker.ready).showNotification(title, options);
    }
  } catch {
    // The system shows none.
  }
}
