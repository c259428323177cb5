"""What makes an app of the pages: the manifest and the service worker."""
