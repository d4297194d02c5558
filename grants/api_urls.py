from grants.api_urls_calls import urlpatterns as calls
from grants.api_urls_proposals import urlpatterns as proposals
from grants.api_urls_triage import urlpatterns as triage

urlpatterns = [*calls, *proposals, *triage]
