from grants.api_urls_calls import urlpatterns as calls
from grants.api_urls_proposals import urlpatterns as proposals

urlpatterns = [*calls, *proposals]
